// By day and by night. Every pair that stands on each other has the contrast that WCAG 2 asks for at level AA.

export const colours = `
:root {
  color-scheme: light dark;
  --ground: #f7f6f3; --surface: #ffffff; --ink: #1f1e1b; --soft: #5c5852; --line: #e3e0d9; --link: #1d5480; --well: #f2f0eb;
  --pass: #d5ecdc; --on-pass: #14532d; --ring-pass: #2f8a55;
  --fail: #b3261e; --on-fail: #ffffff; --ring-fail: #b3261e; --fail-ink: #a01c15; --fail-ground: #fdf0ee;
  --error: #f0b458; --on-error: #402600; --ring-error: #b06f00; --error-ink: #7d4a00;
  --limited: #d6e3f7; --on-limited: #1b3d70; --ring-limited: #4d7fc4;
  --none: #e9e6e0; --on-none: #55514b; --ring-none: #8b867d;
  --open-ground: #e9f5ed; --open-ink: #14532d;
  --hatch: rgb(0 0 0 / .13);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #151514; --surface: #1d1d1b; --ink: #ebe9e4; --soft: #aaa59c; --line: #34332f; --link: #8fc1ec; --well: #262522;
    --pass: #1f4630; --on-pass: #b5ebca; --ring-pass: #4fae78;
    --fail: #c5382e; --on-fail: #ffffff; --ring-fail: #e0594e; --fail-ink: #ff9f95; --fail-ground: #2d1917;
    --error: #d99a3a; --on-error: #241500; --ring-error: #d99a3a; --error-ink: #f0bd72;
    --limited: #24426d; --on-limited: #cfe0fa; --ring-limited: #6d9ee0;
    --none: #33312d; --on-none: #bdb8af; --ring-none: #7d786f;
    --open-ground: #17291e; --open-ink: #a9e3bf;
    --hatch: rgb(255 255 255 / .16);
  }
}`
