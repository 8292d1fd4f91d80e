// Credentials in URLs: what a flake.lock must not hold, and what nothing of ours may show.

const mask = "[credential]"

// user:password@ of any scheme. A user alone is a credential too (a token), but not for ssh, where everybody is `git`.
const userinfo = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#@]*(?:@[^\s/?#@]*)*)@/gi
const parameter = /([?&;#])([^\s=&;#?]+)=([^\s&;#]*)/g
const secretName =
  /token|secret|passw|credential|auth|signature|api[-_]?key|access[-_]?key|private|jwt|^(key|pat|sig|pwd|code)$/i
// Tokens that say of themselves that they are one, wherever they stand.
const token = /\b(gh[a-z]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|gl[a-z]{2,5}-[\w-]{16,}|AKIA[A-Z0-9]{16})\b/g

/** The text with every credential in a URL masked; all of it, if the credential is encoded more than once. */
export function withoutCredentials(text: string): string {
  const rest = masked(text)
  const once = decoded(rest)
  const twice = decoded(once)
  return masked(once) === once && masked(twice) === twice ? rest : mask
}

/** What is wrong with a text that holds one, undefined for one that does not. */
export function credentialProblem(text: string): string | undefined {
  return withoutCredentials(text) === text ? undefined : "credential in the URL"
}

const masked = (text: string) =>
  text
    .replace(userinfo, (whole, scheme: string, who: string) =>
      who === mask || (/^(.*\+)?ssh:/i.test(scheme) && !decoded(who).includes(":")) ? whole : `${scheme}${mask}@`,
    )
    .replace(parameter, (whole, mark: string, name: string, value: string) =>
      secretName.test(decoded(name)) && value !== "" && value !== mask ? `${mark}${name}=${mask}` : whole,
    )
    .replace(token, mask)

function decoded(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)))
}
