// One run of the specs against one target, from the ledger's first line to its last.

import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { BaseSequencer, type CliOptions, createVitest, type TestSpecification, type Vitest } from "vitest/node"
import { announcePipe } from "../helpers/announce.ts"
import { listen } from "./announced.ts"
import type { Echo } from "./challenge.ts"
import type { Cold } from "./cold.ts"
import { onCrash } from "./crash.ts"
import type { Item } from "./definition.ts"
import { type Earlier, earlierOf } from "./earlier.ts"
import { onInterrupt } from "./interrupt.ts"
import { append, type By, type Start, type Suite } from "./ledger.ts"
import type { KnownLimitation, Limitations } from "./limited.ts"
import { type Plan, planOf } from "./plan.ts"
import { Publication, redactedStream, redacting, type Secret } from "./publication.ts"
import { reporter } from "./reporter.ts"
import { ledgerFile } from "./review-file.ts"
import type { Role } from "./roles.ts"
import type { Signer } from "./signer.ts"
import type { Terminal } from "./terminal.ts"
import type { Verified } from "./verified.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The target file's absolute path. */
    target: string
    role: string
    earlier: Record<string, Earlier>
    /** What the Adversary's ledger says, and who signed that. */
    verified: Record<string, Verified>
    /** Whether this run is the Adversary's, signed with a key that counts as its. */
    asAdversary: boolean
    /** Ids of the checks that this run was asked for. */
    selected: string[]
    /** The limitations that stand in the Adversary's ledger. */
    limitations: KnownLimitation[]
    /** Whether what earlier runs searched clean need not be searched again, and the directory where that is kept. */
    warm: { allowed: boolean; directory: string }
    /** Whether a throwaway may be made and destroyed. */
    cleanRoom: boolean
  }
}

export interface SuiteRun {
  /** Where vitest.config.ts and specs/ are. */
  root: string
  target: { name: string; file: string }
  role: Role
  reports: string
  filters: string[]
  pattern: RegExp | undefined
  /** Milestones whose checks are asked for; none means all checks. */
  milestones: Item[]
  warm: boolean
  /**
   * A directory where vitest keeps our modules as it read them, and finds them again by their content; undefined to read
   * them anew. For whoever runs the suite hundreds of times on one state of its sources.
   */
  modules: string | undefined
  cleanRoom: boolean
  definition: Item[]
  suite: Suite
  /** Without one the run is unsigned. */
  signer?: Signer | undefined
  /** Taken before anything of the run started; without probes it is not known to be cold. */
  cold?: Cold | undefined
  by?: By | undefined
  limitations?: Limitations | undefined
  verified?: Record<string, Verified> | undefined
  /** Asks the target to answer to a nonce, if there is one for this run. */
  echo?: ((run: string) => Promise<Echo>) | undefined
  /** What must not be published: known already, and the leaves in git that are none. */
  secrets?: { known: Secret[]; open: string[] } | undefined
  screen: Terminal
  /** Done last, with no worker left, whatever came of the run: a worker that was stopped may have left something. */
  leave?: (screen: Terminal) => Promise<void>
}

/** Runs the selected checks, records them, and answers with the exit code they deserve. */
export async function runSuite(run: SuiteRun): Promise<number> {
  const publication = new Publication(run.secrets?.open)
  for (const secret of run.secrets?.known ?? []) publication.hide(secret)
  const release = onCrash((error) => {
    console.error(publication.text(`error: the run crashed, and is not recorded to its end: ${error.stack}`))
    process.exit(2)
  })
  try {
    return await carriedOut({ ...run, screen: redacting(run.screen, publication) }, publication)
  } catch (cause) {
    if (cause instanceof Error) {
      cause.message = publication.text(cause.message)
      cause.stack = publication.text(cause.stack ?? "")
    }
    throw cause
  } finally {
    release()
  }
}

async function carriedOut(run: SuiteRun, publication: Publication): Promise<number> {
  let opened: { start: Start; plan: Plan } | undefined
  let interrupted = false
  let exitCode = 2
  const { screen } = run
  const reported = reporter({
    definition: run.definition,
    reports: run.reports,
    signer: run.signer,
    limitations: run.limitations?.usable ?? [],
    publication,
    screen,
    opened: () => {
      if (opened === undefined) throw new Error("the run began before its first ledger line was written")
      return opened
    },
    interrupted: () => interrupted,
    ended: (code) => {
      exitCode = code
    },
  })
  // Workers are stopped, not ended: what they keep in files, such as copies of the repos, is removed here.
  const scratch = await mkdtemp(join(tmpdir(), "cc-ci-verifier-run-"))
  process.env.TMPDIR = scratch
  const announced = await listen(scratch, (secret) => publication.hide(secret))
  publication.before(announced.take)
  process.env[announcePipe] = announced.path
  const config: CliOptions = {
    root: run.root,
    project: ["verify"],
    watch: false,
    // Two runs at once would write the cache of durations into each other's hands, and it would decide the order.
    cache: false,
    experimental: run.modules === undefined ? {} : { fsModuleCache: true, fsModuleCachePath: run.modules },
    sequence: { sequencer: CleanRoomFirst },
    run: true,
    reporters: [reported],
    // Nothing is attached; what a test attaches all the same goes with the copies.
    attachmentsDir: join(scratch, "attachments"),
    provide: {
      target: run.target.file,
      role: run.role,
      earlier: await earlierOf(run.reports, run.target.name),
      verified: run.verified ?? {},
      // The first line of its ledger is written before any check, and refused where the key is not the Adversary's.
      asAdversary: run.role === "adversary" && run.signer !== undefined,
      selected: [],
      limitations: run.limitations?.known ?? [],
      warm: { allowed: run.warm, directory: dirname(ledgerFile(run.reports, run.target.name, run.role)) },
      cleanRoom: run.cleanRoom,
    },
    ...(run.pattern === undefined ? {} : { testNamePattern: run.pattern }),
    ...(run.milestones.length === 0 ? {} : { tagsFilter: [run.milestones.map(({ id }) => id).join(" || ")] }),
  }
  const streams = {
    stdout: redactedStream(process.stdout, publication),
    stderr: redactedStream(process.stderr, publication),
  }
  const vitest = await createVitest("test", config, {}, streams)
  let release = () => {}
  try {
    opened = await open(run, vitest, publication)
    if (opened === undefined) return 2
    vitest.provide("selected", opened.plan.selected)
    release = onInterrupt(() => {
      if (interrupted) return
      interrupted = true
      screen.print("interrupted: the run ends here and is recorded; interrupt again to stop at once")
      void vitest.cancelCurrentRun("keyboard-input")
    })
    await vitest.start(run.filters)
    return exitCode
  } finally {
    await vitest.close()
    announced.close()
    delete process.env[announcePipe]
    await rm(scratch, { recursive: true, force: true })
    await run.leave?.(screen)
    release()
  }
}

const checksOf = (milestones: Item[]) =>
  new Set(milestones.flatMap(({ clauses }) => clauses?.flatMap(({ checks }) => checks) ?? []))

/**
 * In the order of the definition, which is the order of the file names; but the clean room first, for C2, C6 and D8 judge
 * what it left and what is left of it.
 */
class CleanRoomFirst extends BaseSequencer {
  override async sort(specs: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) => `${/\/c4-[^/]*$/.test(moduleId) ? 0 : 1}${moduleId}`
    return specs.toSorted((one, other) => (place(one) < place(other) ? -1 : 1))
  }
}

async function open(
  run: SuiteRun,
  vitest: Vitest,
  publication: Publication,
): Promise<{ start: Start; plan: Plan } | undefined> {
  const every = await vitest.globTestSpecifications()
  const chosen = await vitest.globTestSpecifications(run.filters)
  const modules = await vitest.experimental_parseSpecifications(chosen)
  const plan = planOf(
    run.definition,
    every.map(({ moduleId }) => moduleId),
    modules,
    { pattern: run.pattern, ids: run.milestones.length === 0 ? undefined : checksOf(run.milestones) },
  )
  if (chosen.length === 0 || plan.selected.length === 0) {
    const pattern = run.pattern === undefined ? [] : [`-t "${run.pattern.source}"`]
    const asked = [...run.filters, ...pattern, ...run.milestones.map(({ id }) => id)].join(" ")
    run.screen.print(`error: no check matches ${asked === "" ? "in specs/: there is no spec" : asked}; nothing was run`)
    return undefined
  }
  const id = randomUUID()
  const start: Start = {
    kind: "start",
    run: id,
    target: run.target.name,
    role: run.role,
    started: new Date().toISOString(),
    suite: run.suite,
    selection: publication.value({
      filters: run.filters,
      pattern: run.pattern?.source ?? null,
      checks: plan.selected,
    }),
    cold: run.cold ?? { cold: false, because: run.warm ? "it relies on what earlier runs searched" : "not probed" },
    ...(run.by === undefined ? {} : { by: run.by }),
    ...(run.echo === undefined ? {} : { challenge: await run.echo(id) }),
  }
  await append(ledgerFile(run.reports, run.target.name, run.role), start, run.signer)
  return { start, plan }
}
