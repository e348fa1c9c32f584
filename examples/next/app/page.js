import Image from "next/image"

import { Photo, photos } from "./photo.js"

// Of an image server at NEXT_PUBLIC_IMAGES_URL, which is asked for facts while the page is built.
const [first, ...others] = (process.env.PHOTOS ?? "shop/bag.jpg,shop/mug.jpg").split(",")

export default async function Page() {
  const info = await photos.info(first)
  return (
    <main>
      <Photo
        original={first}
        options={{ shape: "320w", info, priority: true }}
        style={{ width: "100%", height: "auto" }}
        alt="As wide as the window"
      />
      {others.map((original) => (
        <Photo key={original} original={original} options={{ shape: "360x270", width: 360 }} alt="A crop" />
      ))}
      <Image src={first} width={info.width} height={info.height} sizes="320px" style={{ width: 320, height: "auto" }} alt="Without a helper" />
    </main>
  )
}
