import Image from "next/image"

import { Photo, photos, Plain } from "./photo.js"

const [first, ...others] = (process.env.PHOTOS ?? "vase-1042/front.jpg,bowl-2077/front.jpg").split(",")

export default async function Page() {
  // A photo that the server cannot describe does not fail the build.
  const info = await photos.info(first).catch(() => undefined)
  const wide = { width: "100%", height: "auto" }
  return (
    <main>
      {info ? (
        <Photo original={first} options={{ shape: "320w", info, priority: true }} style={wide} alt="" />
      ) : (
        <Plain original={first} shape="320w" priority style={wide} alt="" />
      )}
      {others.map((original) => (
        <Photo key={original} original={original} options={{ shape: "360x270", width: 360 }} alt="" />
      ))}
      {info && (
        <Image
          src={first}
          sizes="50vw"
          width={info.width}
          height={info.height}
          style={{ width: "50%", height: "auto" }}
          alt=""
        />
      )}
    </main>
  )
}
