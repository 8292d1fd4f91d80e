import { describe, expect, test } from "vitest"
import { parseArguments, UsageError } from "./arguments.ts"

const parsed = (line: string, env = {}) => parseArguments(line === "" ? [] : line.split(" "), env)

describe("the command line", () => {
  test("asks for everything, as the builder, where nothing is said", () => {
    const everything = { filters: [], pattern: undefined, warm: false, cleanRoom: false }
    expect(parsed("")).toEqual({ help: false, target: undefined, role: "builder", out: undefined, ...everything })
  })

  test("says what to look at, as whom, and which checks", () => {
    const asked = { help: false, target: "a.yaml", role: "adversary", out: "dir", warm: true, cleanRoom: true }
    const line = "specs/c2 --target a.yaml --role=adversary --warm --clean-room --out dir -t C2.5 specs/c3"
    expect(parsed(line)).toEqual({ ...asked, filters: ["specs/c2", "specs/c3"], pattern: /C2.5/ })
    expect(parseArguments(["-t", "C2.5 "], {}).pattern).toEqual(/C2.5 /)
  })

  test("names the target before the environment does", () => {
    expect(parsed("--target a", { TARGET: "b" }).target).toBe("a")
    expect(parsed("", { TARGET: "b" }).target).toBe("b")
    expect(parsed("", { TARGET: "" }).target).toBeUndefined()
  })

  const bent = (option: string) => `${option} does not exist here: it could weaken a verdict; what exists is -t, files`
  test.each([
    ["--nonsense", bent("--nonsense")],
    ["--retry 3", bent("--retry")],
    ["--retry=3", bent("--retry")],
    ["--bail 1", bent("--bail")],
    ["-u", bent("-u")],
    ["--allowOnly", bent("--allowOnly")],
    ["--passWithNoTests", bent("--passWithNoTests")],
    ["--config x", bent("--config")],
    ["--project lab", bent("--project")],
    ["--waits-ok", bent("--waitsOk")],
    ["-- --retry 3", bent("--")],
    ["specs/c2.spec.ts:12", "specs/c2.spec.ts:12: a line picks nothing here; one check is -t"],
    ["--role king", "--role is one of builder, adversary, ci, not king"],
    ["--role", "--role needs a value"],
    ["--target --role ci", "--target needs a value"],
    ["--target=", "--target needs a value"],
    ["--target a --target b", "--target is given twice"],
    ["-t (", "-t ( is no regular expression: "],
    ["-t", "-t needs one pattern, like -t"],
    ["-t --target x", "-t needs one pattern, like -t"],
    ["-t a -t b", 'Expected a single value for option "-t, --testNamePattern'],
  ])("%s is refused", (line, message) => {
    expect(() => parsed(line)).toThrow(UsageError)
    expect(() => parsed(line)).toThrow(message)
  })
})
