// Phrases by which an operator brings a certificate file by hand, which C2 says nobody does any more.

const noun = String.raw`(?:(?<![a-z])cert(?:ificate)?s?(?![a-z])|\b(?:fullchain|privkey)\.pem\b)`
const named = String.raw`(?:\b(?:fullchain|privkey)\.pem\b|\.(?:crt|cer|pfx|p12)\b|(?:cert|wildcard|tls|ssl)[\w.-]{0,99}\.(?:pem|key)\b)`
// Within a sentence: a stop ends it only before a space. It is bounded, or a very long line would take very long.
const on = String.raw`(?:[^.;]|\.(?=\S)){0,200}?`
// Where the certificate does belong; a step that brings it there is none of these.
const committed = String.raw`\b(?:in|into|to|with|through)\s+(?:the\s+|a\s+)?["'\x60]?(?:sops\b|[\w/-]*secrets\b|[\w/.-]+\.ya?ml\b)`
const elsewhere = String.raw`(?:(?!${committed})(?:[^.;]|\.(?=\S))){0,200}?`
const machine = String.raw`(?:(?<![\w.])/(?:var/lib|etc|root|srv)/|\b(?:on|onto|to|into|in|at)\s+(?:the|each|every|that)\s+(?:[a-z-]+\s+)?(?:host|server|machine|vm|box|node)\b)`
// `a copy of`, `one place`: nouns.
const verb = String.raw`(?<!\b(?:a|an|one|the|same|this|other|only|first)\s)\b`
const done = "(?:dropped|placed|put|copied|uploaded|installed|transferred|provided|supplied|renewed|replaced|rotated)"

export const operatorSteps = [
  // Commands.
  String.raw`\b(?:scp|sftp|rsync)\b.{0,300}(?:${noun}|${named})`,
  String.raw`\b(?:cp|mv|install|tee|dd)\b.{0,300}${named}`,
  String.raw`\b(?:cat|echo|printf|ssh)\b.{0,300}[^-=]>\s*["']?/\S{0,200}${named}`,
  String.raw`\b(?:certbot|lego|acme\.sh|dehydrated)\b`,
  // Sentences.
  String.raw`\bdrop(?:s|ped|ping)?\b(?!\s+(?:its\s+|all\s+|the\s+|root\s+)*(?:privileges|packets|connections|capabilities|requests|traffic)\b)${on}${noun}`,
  String.raw`${verb}(?:place|put|copy|upload|move|transfer|paste|save)\b${elsewhere}${noun}${elsewhere}${machine}`,
  String.raw`${noun}${on}\b(?:must|should|needs? to|ha(?:s|ve) to)\s+(?:\w+\s+)?be\s+${done}\b${elsewhere}${machine}`,
  String.raw`${noun}${on}\b${done}\b${on}\b(?:by hand|manually|by (?:the|an) (?:operator|admin\w*))`,
  String.raw`\bmanually\s+(?:drop|place|put|copy|upload|install|transfer|provide|renew|replace|rotate)\b${on}${noun}`,
  String.raw`\b(?:renew|replace|rotate|install)\b${on}${noun}${on}\b(?:by hand|manually)\b`,
  String.raw`\b(?:operator|admin\w*|somebody|someone)\s+(?:then\s+|manually\s+)?(?:copies|puts|places|uploads|installs|brings|provides|supplies|transfers|moves)\b(?:\s+(?:the|a|an|its|his|their|new|renewed|wildcard|tls|ssl))*\s+${noun}(?!${on}${committed})`,
]
