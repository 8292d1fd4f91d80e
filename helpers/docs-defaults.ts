// What the documents of phase 1c must say and must not: the defaults of a target file's `statements` and `decisions`.

const given = "precondition|prerequisite|beforehand|already|external|outside"

export const required = [
  {
    in: "install" as const,
    says: "both repositories are cloned",
    any: ["clone ... base ... secrets", "clone ... secrets ... base", "clone ... both|two repositories|repos"],
  },
  {
    in: "install" as const,
    says: "the bootstrap age key is provisioned",
    any: ["provision|put|push|place|copy ... age key", "age key ... provision|put|push|place"],
  },
  {
    in: "install" as const,
    says: "DNS is a precondition",
    any: [`${given} ... dns`, `dns ... ${given}`],
  },
  {
    in: "install" as const,
    says: "the gateway is a precondition",
    any: [`${given} ... gateway`, `gateway ... ${given}`, `${given} ... dns ... gateway`],
  },
  {
    in: "install" as const,
    says: "one nixos-rebuild switch does the rest",
    any: ["one|single|once ... nixos-rebuild switch", "nixos-rebuild switch ... once"],
  },
  {
    in: "secrets" as const,
    says: "every secret is sealed by sops in the secrets repository",
    any: ["every|all secret ... sops|encrypted|sealed", "secret ... repository|repo ... sops|encrypted|sealed"],
  },
  {
    in: "secrets" as const,
    says: "the base repository holds no secret",
    any: [
      "base ... holds|has|contains|keeps none|no|only",
      "no secret ... in base",
      "base ... free of secrets",
      "only ... secrets ... outside|external",
    ],
  },
  {
    in: "secrets" as const,
    says: "the bootstrap age key is the one exception",
    any: ["age key ... only|one|single|sole ... secret|exception", "only|one|single|sole secret|exception ... age key"],
  },
  {
    in: "secrets" as const,
    says: "the certificate is renewed by a commit",
    any: ["renewal|renew|reissue|re-issue|rotation|rotate ... commit"],
  },
  {
    in: "architecture" as const,
    says: "the base is one repository with the instance's parameters",
    any: ["base ... parameter", "parameter ... base"],
  },
  {
    in: "architecture" as const,
    says: "the secrets are a private repository, taken as a locked flake input or submodule",
    any: ["secrets ... private ... flake-input|submodule", "secrets ... flake-input|submodule"],
  },
  {
    in: "architecture" as const,
    says: "secrets are decrypted at activation",
    any: ["activation ... secrets|secret|certificate ... decrypted", "decrypted ... activation"],
  },
  {
    in: "architecture" as const,
    says: "DNS and the gateway are outside git",
    any: ["outside|external|precondition ... dns ... gateway", "dns ... gateway ... outside|external|precondition"],
  },
  {
    in: "plan" as const,
    section: "1.5",
    says: "credentials come from the secrets repository, and one key is out of band",
    any: [
      "secret|certificate|credentials ... from|in secrets",
      "secret|certificate|credentials ... sops",
      "age key ... no other secret",
    ],
  },
  {
    in: "plan" as const,
    section: "4.0",
    says: "base and secrets are two repositories",
    any: [
      "base ... secrets ... two|separate repositories|repos",
      "two|separate repositories|repos ... secrets",
      "secrets ... flake-input|submodule",
    ],
  },
  {
    in: "plan" as const,
    section: "4.4",
    says: "the certificate is a sops secret in git",
    any: ["certificate|cert ... sops|encrypted|sealed", "sops|encrypted|sealed ... certificate|cert"],
  },
]

const bringer = "operator|admin|administrator|somebody|someone|person|you"
const bringing = "drop|copy|put|place|upload|transfer|paste|bring|install|supply|provide|scp"
const moving = "drop|copy|put|place|upload|transfer|paste|scp"
const pem = "cert|certificate|fullchain|privkey"
const machine = "host|server|machine|vm|box|node"

export const forbidden = [
  {
    says: "an operator brings the certificate",
    any: [
      `${bringer} ... ${bringing} ... ${pem}`,
      `${moving} ... ${pem} ... ${machine}`,
      `${pem} ... dropped|copied|uploaded|placed|supplied by ${bringer}`,
      `${pem} ... by hand|manually`,
      `operator-dropped|operator-supplied|operator-provided|hand-placed ${pem}`,
    ],
    // Where it does belong; sealing it is the new way.
    unless: ["seal|sops|encrypted|commit", "client|ca|root certificate|cert"],
  },
  {
    says: "secrets are in the base repository",
    any: [
      "secrets|secret live|kept|stored|stand|committed|are|is in|inside base|this-repository|this-repo",
      "secrets|secret ... are|is live|kept|stored|committed in|inside base|this-repository|this-repo",
      "base|this-repository|this-repo holds|contains|has|keeps secrets|encrypted-secrets|secrets-yaml|sops-files",
      "base repository|repo holds|contains|has|keeps secrets|encrypted-secrets|secrets-yaml|sops-files",
      "secrets-yaml in base|this-repository|this-repo",
    ],
    unless: ["cc-ci-secrets", "private repository|repo"],
  },
  {
    says: "cc-ci is reached through a SOCKS proxy",
    // Without the `=`, `docker.sock` would be one.
    any: [
      "=socks|socks4|socks5|socks5h",
      "export|set|setenv|environment all-proxy|http-proxy|https-proxy",
      "curl ... proxy",
    ],
  },
  { says: "ssh goes through a ProxyCommand or jump host", any: ["proxycommand|proxyjump|proxy-command|proxy-jump"] },
  {
    says: "tailscaled runs in userspace",
    any: ["userspace tailscaled|tailscale|networking", "tailscaled|tailscale ... userspace", "tailscaled ... socks5"],
  },
]

/** In documents of the orchestrator too, where it once was the machine. */
export const thePi = {
  says: "the Pi is a current machine",
  any: [
    "the|a|on|from|to|via|our|old|new|orchestrator pi",
    "pi host|proxy|orchestrator|runs|reboots|is|has|must|needs",
    "raspberry|raspberrypi|rpi",
  ],
  unless: ["retired|decommissioned|historical|gone"],
}

const never =
  "infeasible|unfeasible|impossible|impracticable|unreproducible|non-reproducible|not-feasible|not-possible|not-reproducible"
const nature = "by-design|in-principle|by-nature|by-construction|by-definition"
const live = "rebuild|rebuilt|reproduce|reproduction|recreate|d8"

export const infeasible = [
  {
    says: "infeasible by design",
    any: [
      `${never} ${nature}`,
      `${nature} ${never}`,
      `${nature} ... cannot|can-not|can't be ${live}`,
      `inherently|fundamentally|intrinsically ${never}`,
      `=documented|=declared|=deemed|=considered|=documented-as|=declared-as ${never}`,
    ],
  },
  {
    says: "a rebuild is infeasible",
    any: [
      `live|throwaway|clean-room|new-host|fresh-host rebuild ... ${never}`,
      `${live} ... is|are|remains|stays ${never}`,
      `${never} to ${live}`,
      "infeasibility",
      "cannot|can't|can-not be reproduced|rebuilt|recreated",
    ],
    // Of a bug one says so, too.
    unless: ["problem|bug|issue|crash ... reproduced"],
  },
  {
    says: "the live half is left out",
    any: [
      "live|dynamic|throwaway|clean-room rebuild|half|proof ... deferred|skipped|waived|omitted|out-of-scope|not-required|not-attempted",
      "static half|evidence|closure ... suffices|sufficient|enough|stands-in-for",
    ],
  },
]

/** What D8's evidence must name. */
export const halves = {
  static: [
    "byte-identical|bit-identical|identical ... closure|system",
    "static half",
    "closure ... byte-identical|identical",
  ],
  dynamic: [
    "live|throwaway|clean-room|fresh|dynamic ... rebuild|half",
    "rebuild ... throwaway|clean-room|fresh|blank|new vm|machine",
  ],
}

/** The plan's §7. */
export const openDecisions = [
  { open: "flake input or submodule", any: ["flake input ... submodule", "submodule ... flake input"] },
  { open: "how a new machine gets its key", any: ["bootstrap|age ... key"] },
  { open: "the final sizing", any: ["final ... sizing|size", "sizing ... test"] },
  {
    open: "DNS and gateway as code",
    any: ["dns ... gateway ... code|iac|terraform", "iac|terraform|code ... dns", "dns ... iac|terraform|code"],
  },
  {
    open: "how a rebuild reads the private repository",
    any: [
      "fetch|read|access|reach ... private|secrets ... repository|repo",
      "private|secrets ... repository|repo ... fetch|read|access|token|deploy-key",
    ],
  },
]

/** What the orchestrator's documents say of the way to cc-ci. */
export const direct = [
  "direct|directly ... ssh",
  "ssh ... direct|directly",
  "direct|directly ... tailnet peer",
  "tailnet peer",
  "direct peer",
  "reach|reachable|access ... direct|directly",
  "direct|directly reach|reachable|access",
  "no socks|proxy",
  "without socks|proxy",
]
