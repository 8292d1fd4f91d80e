// What a machine has mounted, as /proc/PID/mountinfo tells it.

export interface Mount {
  id: string
  parent: string
  /** `MAJOR:MINOR`, and the directory of that file system that is mounted. */
  device: string
  root: string
  path: string
  readOnly: boolean
  type: string
  source: string
}

/** A line `ID PARENT DEVICE ROOT MOUNT-POINT OPTIONS TAGS - TYPE SOURCE OPTIONS`. */
export function mountOf(line: string): Mount {
  const [head = "", tail = ""] = line.split(" - ")
  const [id = "", parent = "", device = "", root = "", path = "", options = ""] = head.split(" ").map(unescaped)
  const [type = "", source = ""] = tail.split(" ").map(unescaped)
  return { id, parent, device, root, path, readOnly: options.split(",").includes("ro"), type, source }
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
const unescaped = (field: string) =>
  field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

export interface Grounds {
  /** Mount points whose files are read, each with its own file system only, `/` first. */
  read: string[]
  /** Mount points that are left out, and why. */
  leftOut: { path: string; why: string }[]
  /** File systems that hold files and were not read: another machine's. */
  foreign: { path: string; why: string }[]
}

// What the kernel or a service makes up: no bytes that somebody put there.
const madeUp =
  /^(proc|sysfs|cgroup2?|devpts|mqueue|debugfs|tracefs|securityfs|pstore|bpf|configfs|fusectl|hugetlbfs|nsfs|binfmt_misc|rpc_pipefs|efivarfs|selinuxfs|fuse\.lxcfs)$/
const elsewhere = /^(nfs\d?|cifs|smb3|9p|virtiofs|ceph|fuse\.(?!lxcfs)\S+)$/

/**
 * Which mount points to read so that every file is read once. `secrets` are mount points that hold decrypted secrets by
 * design, whose content other checks judge.
 */
export function groundsOf(mounts: Mount[], secrets: string[]): Grounds {
  const grounds: Grounds = { read: [], leftOut: [], foreign: [] }
  const readTrees: { device: string; root: string; path: string }[] = []
  // Of two mounted at one point only the last is seen.
  const visible = [...new Map(mounts.map((mount) => [mount.path, mount])).values()]
  for (const { device, root, path, type } of visible.sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const leave = (why: string) => void grounds.leftOut.push({ path, why })
    const within = (tree: string) => root === tree || tree === "/" || root.startsWith(`${tree}/`)
    if (secrets.includes(path)) leave("decrypted secrets, judged by C3.2")
    else if (/^\/var\/lib\/docker\/containers\/[^/]+\/mounts\/secrets$/.test(path))
      leave("swarm secrets, judged by C3.3")
    else if (madeUp.test(type) || path.startsWith("/proc/")) leave(type)
    else if (type === "autofs")
      grounds.foreign.push({ path, why: "not mounted yet (autofs): what is there is unknown" })
    else if (elsewhere.test(type)) grounds.foreign.push({ path, why: `a file system of another machine (${type})` })
    else if (type === "overlay" && path !== "/") leave("a container's files, read as the layers they are made of")
    else if (readTrees.some((tree) => tree.device === device && within(tree.root)))
      leave("read at another mount point of the same file system")
    else {
      readTrees.push({ device, root, path })
      grounds.read.push(path)
    }
  }
  return grounds
}
