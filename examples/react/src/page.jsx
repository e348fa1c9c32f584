import { Photo } from "./photo.js"

export const Page = ({ gallery: [first, ...others] }) => (
  <main>
    {first && <Photo {...first} shape="320w" priority alt="" />}
    {others.map((photo) => (
      <Photo key={photo.original} {...photo} shape="360x270" width={360} alt="" />
    ))}
  </main>
)
