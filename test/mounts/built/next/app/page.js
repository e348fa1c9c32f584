export default function Page() {
  return (
    <main>
      <img src="/images/1280w/a+b.jpg" alt="" />
      <img src="/images/a/1280w/b.jpg" alt="" />
    </main>
  )
}
