// The few lines that run in the browser. Without them the page says the same, but for how much time is left now.

export const script = `
const until = document.getElementById("until")
const left = document.getElementById("left")
const tell = () => {
  const minutes = Math.floor((Date.parse(until.dateTime) - Date.now()) / 60000)
  const some = Math.abs(minutes)
  const time = some < 60 ? some + " min" : Math.floor(some / 60) + " h " + (some % 60) + " min"
  const words = minutes < 0 ? "over for " + time + ": ask again" : time + " left"
  if (left.textContent !== words) left.textContent = words
  document.getElementById("gate").classList.toggle("over", minutes < 0)
}
if (until) {
  tell()
  setInterval(tell, 30000)
}
const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (target && target.tagName === "DETAILS") target.open = true
}
addEventListener("hashchange", open)
open()
`
