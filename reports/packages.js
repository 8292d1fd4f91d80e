// The packages that our programs need, to be read before tsx: `node --import ./reports/packages.js --import tsx`.
// Read through tsx, which looks into each of their hundreds of files, they take a second and a half more.

import "execa"
import "mdast-util-from-markdown"
import "vitest/node"
import "yaml"
import "zod"
