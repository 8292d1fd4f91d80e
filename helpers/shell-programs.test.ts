import { describe, expect, test } from "vitest"
import { programsIn } from "./shell-programs.ts"

const names = (script: string) => programsIn(script).map(({ program }) => program)

describe("the programs of a script are", () => {
  test.each<[string, string[]]>([
    ["git clone x && nix build", ["git", "nix"]],
    ["a | b; c & d || e", ["a", "b", "c", "d", "e"]],
    ["A=1 B=$(date) run --now", ["date", "run"]],
    ["A=1", []],
    ["if test -e x; then a; else b; fi", ["a", "b"]],
    ['for x in a b c; do run "$x"; done', ["run"]],
    ["while read -r x; do a; done <file", ["a"]],
    ["! grep -q x", ["grep"]],
    ["sudo -E nixos-rebuild switch", ["sudo", "nixos-rebuild"]],
    ["env X=1 prog arg", ["env", "prog"]],
    ["cat <<EOF\nnot a program\nEOF\nafter", ["cat", "after"]],
    ["cat <<-'END'\n\tnot one\n\tEND\nafter", ["cat", "after"]],
    ['echo "$(hostname -f) and `date`"', ["hostname"]],
    ["prog > out.txt 2>&1 < in.txt", ["prog"]],
    [">out prog", ["prog"]],
    ["# a comment\nprog # another", ["prog"]],
    ["prog 'a; b' \"c | d\" e\\;f", ["prog"]],
    ["prog a \\\n  b\nnext", ["prog", "next"]],
    ["(cd x && make)", ["make"]],
    ["{ a; b; }", ["a", "b"]],
    ['"$HOME/bin/x" y', []],
    ["/usr/bin/x y", ["/usr/bin/x"]],
    ["./x y", ["./x"]],
    ["sh -c 'inner; more'", ["sh"]],
    ["x=$(a $(b 'c)' d) e)", ["b", "a"]],
    ["", []],
    ["'unclosed", ["unclosed"]],
    ["$(unclosed", ["unclosed"]],
  ])("of %j %j", (script, expected) => {
    expect(names(script).toSorted()).toEqual(expected.toSorted())
  })

  test("named with their lines", () => {
    const script = "one\n\ntwo \\\n  more\nthree <<E\nbody\nE\nfour $(five)\n"
    expect(programsIn(script).map(({ program, line }) => `${line} ${program}`)).toEqual([
      "1 one",
      "3 two",
      "5 three",
      "8 five",
      "8 four",
    ])
  })
})
