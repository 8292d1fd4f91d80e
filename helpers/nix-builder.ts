// Shell scripts for the machine that builds. They take arguments and stdin, and print fields that NUL bytes end.

import { leases, sweepOthers } from "./cold-lease.ts"

/** Nothing of the machine's environment, and of its git setup only what `$dir/home` holds, reaches git and nix. */
const prelude = String.raw`
set -eu
umask 077
PATH=$1 dir=$2
export PATH
shift 2
clean() { env -i HOME="$dir/home" PATH="$PATH" LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 "$@"; }
field() { printf '%s\0' "$@"; }
`

/** For what works in the store: it holds it while it runs. */
const inStore = `${prelude}${leases}
[ -f "$dir/lease" ] || { echo "$dir is gone, or never was a cold store" >&2; exit 1; }
whereabouts
hold "$dir/lease" $$
`

/**
 * PATH PARENT URL REV [HOST:PORT:ADDRESS…] → directory, version of nix. Clones the base at the commit into a new directory
 * and proves the clone.
 */
const prepare = String.raw`${prelude}${leases}
url=$1 rev=$2
shift 2
for program in env mktemp find grep xargs sed timeout git nix nix-store cat mv readlink; do
  command -v "$program" >/dev/null || { echo "no $program in $PATH" >&2; exit 127; }
done
whereabouts
parent=$dir
# It has a lease before it has its name: without one nobody could tell whether it is in use.
dir=$(mktemp -d "$parent/cc-ci-verifier-new-XXXXXXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
hold "$dir/lease" $$ "$(client)"
named=$parent/cc-ci-verifier-cold-${"$"}{dir##*-}
mv -nT -- "$dir" "$named"
[ ! -e "$dir" ] || { echo "$named is there already" >&2; exit 1; }
dir=$named
mkdir "$dir/home" "$dir/store"
version=$(clean nix --version)
for address; do clean git config --file "$dir/home/.gitconfig" --add http.curloptResolve "$address"; done
base() { clean git -C "$dir/base" "$@"; }
clean git clone --quiet --no-local -- "$url" "$dir/base"
base checkout --quiet --detach "$rev"
[ "$(base rev-parse HEAD)" = "$rev" ] || { echo "the clone is not at $rev" >&2; exit 1; }
[ "$(base rev-parse --is-shallow-repository)" = false ] || { echo "the clone has no whole history" >&2; exit 1; }
changed=$(base status --porcelain --untracked-files=all --ignored)
[ -z "$changed" ] || { printf 'the fresh clone is not clean:\n%s\n' "$changed" >&2; exit 1; }
base fsck --full --no-dangling --no-progress
trap - EXIT
field "$dir" "$version"
`

/** With `$origin` and `$seconds`: `run` is nix, which git logs in for. The git-credential lines come on stdin. */
const loggedIn = String.raw`
if [ -n "$origin" ]; then
  secret=
  trap 'rm -f "$secret"' EXIT
  trap 'exit 1' HUP INT TERM
  secret=$(mktemp /dev/shm/cc-ci-verifier-XXXXXXXXXX)
  exec 3<>"$secret"
  rm -f "$secret"
  cat >&3
  helper="!f() { test \"\$1\" = get && cat /proc/$$/fd/3; }; f"
  login() { clean GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="credential.$origin.helper" GIT_CONFIG_VALUE_0="$helper" "$@"; }
else
  login() { clean "$@"; }
fi
# In a shell of its own: closing descriptor 3 for a function would close it here, where the helper looks for it.
run() { (login timeout --foreground -k 5 "$seconds" nix --extra-experimental-features 'nix-command flakes' "$@" </dev/null 3>&-); }
`.trim()

/**
 * PATH DIR INSTALLABLE ORIGIN SECONDS FLAGS… → entries in the store before, exit code of nix eval, what it said, derivation,
 * exit code of nix build (empty if it did not come to that), what it said, what it built. The git-credential lines for the origin come on stdin;
 * they only ever stand in a file that has no name any more, so that nothing is left of them even after SIGKILL.
 */
const build = `${inStore}
installable=$1 origin=$2 seconds=$3
shift 3
before=$(find "$dir/store" -mindepth 1 | wc -l)
${loggedIn}
evaluated=0 built=
run eval --raw "$installable.drvPath" "$@" >"$dir/drv" 2>"$dir/eval" || evaluated=$?
: >"$dir/built"; : >"$dir/build"
if [ "$evaluated" = 0 ]; then
  built=0
  run build --no-link --json "$installable" "$@" >"$dir/built" 2>"$dir/build" || built=$?
fi
field "$before" "$evaluated" "$(tail -c 20000 "$dir/eval")" "$(cat "$dir/drv")"
field "$built" "$(tail -c 20000 "$dir/build")" "$(cat "$dir/built")"
`

/**
 * PATH DIR FLAKE ORIGIN SECONDS ATTRIBUTES FLAGS… → of each line of ATTRIBUTES, exit code of nix eval and what it said. Of a
 * value nothing is asked but that it is there.
 */
const evaluate = String.raw`${inStore}
flake=$1 origin=$2 seconds=$3 attributes=$4
shift 4
${loggedIn}
printf '%s\n' "$attributes" >"$dir/attributes"
while read -r attribute; do
  evaluated=0
  run eval --apply 'value: builtins.typeOf value' "$flake#$attribute" "$@" >/dev/null 2>"$dir/eval" || evaluated=$?
  field "$evaluated" "$(tail -c 20000 "$dir/eval")"
done <"$dir/attributes"
`

/** PATH DIR OUTPUT → path-info of its closure. */
const closure = String.raw`${inStore}
clean nix --extra-experimental-features nix-command path-info -r --json "$1" \
  --store "$dir/store" --option substituters '' </dev/null
`

/** PATH DIR REV FILE → the file's mode, and its bytes. */
const read = String.raw`${inStore}
entry=$(clean GIT_LITERAL_PATHSPECS=1 git -C "$dir/base" ls-tree --full-tree "$1" -- "$2")
case $entry in
  100644\ blob\ * | 100755\ blob\ *) field "${"$"}{entry%% *}" ;;
  *) echo "$2 is no file at $1" >&2; exit 1 ;;
esac
clean git -C "$dir/base" cat-file blob "$1:$2"
`

/**
 * PATH DIR REV FILE MODE ATTRIBUTE SECONDS OLD OLD-IN-A-DERIVATION OLD-AS-PATTERN FLAGS… → diff, exit code of nix eval,
 * what it said, derivation, store paths searched, files found one a line. Commits the bytes on stdin as the file, in a
 * clone of the clone, evaluates that commit, and searches everything that its derivation is made from.
 */
const experiment = String.raw`${inStore}
rev=$1 file=$2 mode=$3 attribute=$4 seconds=$5 old=$6 escaped=$7 pattern=$8
shift 8
scratch=$(mktemp -d "$dir/scratch-XXXXXXXXXX")
clean git clone --quiet --no-local --no-checkout -- "$dir/base" "$scratch/repo"
repo() {
  clean GIT_INDEX_FILE="$scratch/index" GIT_AUTHOR_NAME=experiment GIT_AUTHOR_EMAIL= GIT_COMMITTER_NAME=experiment \
    GIT_COMMITTER_EMAIL= git -C "$scratch/repo" "$@"
}
blob=$(repo hash-object -w --stdin)
repo read-tree "$rev"
repo update-index --cacheinfo "$mode,$blob,$file"
commit=$(repo commit-tree -p "$rev" -m experiment "$(repo write-tree)")
repo checkout --quiet --detach "$commit"
field "$(repo diff --numstat "$rev" "$commit")"
evaluated=0
clean timeout --foreground -k 5 "$seconds" nix --extra-experimental-features 'nix-command flakes' eval --raw \
  "git+file://$scratch/repo?rev=$commit#$attribute.drvPath" "$@" >"$scratch/drv" 2>"$scratch/eval" </dev/null || evaluated=$?
field "$evaluated" "$(tail -c 20000 "$scratch/eval")" "$(cat "$scratch/drv")"
if [ "$evaluated" = 0 ]; then
  clean nix-store --store "$dir/store" --query --requisites "$(cat "$scratch/drv")" >"$scratch/closure"
  field "$(wc -l <"$scratch/closure")"
  sed "s|^|$dir/store|" "$scratch/closure" >"$scratch/paths"
  export old escaped pattern
  xargs sh -euc '
    find "$@" -type f -exec sh -c "grep -laF -e \"\$old\" -e \"\$escaped\" -- \"\$@\"; [ \$? -le 1 ]" sh {} +
    find "$@" -name "*$pattern*" -o -lname "*$pattern*"
  ' sh <"$scratch/paths" >"$scratch/found"
  field "$(cat "$scratch/found")"
fi
rm -rf "$scratch"
`

/** PATH DIR → what there was of other runs beside it, as in cold-lease.ts. */
const sweep = `${inStore}${sweepOthers}`

/** PATH DIR: removes all of it. */
const remove = `${prelude}
case $dir in
  /*/cc-ci-verifier-cold-*) ;;
  *) echo "$dir is not ours to remove" >&2; exit 1 ;;
esac
rm -rf "$dir" 2>/dev/null || { chmod -R u+rwX "$dir"; rm -rf "$dir"; }
`

export const builderScripts = { prepare, sweep, build, evaluate, closure, read, experiment, remove }
