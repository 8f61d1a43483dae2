"""The style sheet of a page: light and dark, narrow and printed.

The colours are those of the pictures. Each pair of text and ground has a contrast of 4.5 or more.
"""

STYLE = """
:root {
  --ground: #ffffff; --card: #f5f6f7; --line: #d5d9dd; --ink: #1b1f23; --faint: #57606a;
  --accent: #005a8f; --train: #57606a; --val: #8a5a00; --test: #8a5a00; --new: #00694c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --card: #1e2328; --line: #3a4249; --ink: #e6e9ec; --faint: #a3adb6;
    --accent: #7cc4f2; --train: #a3adb6; --val: #f0b93a; --test: #f0b93a; --new: #3fd0a4;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 60rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  overflow-wrap: break-word;
}
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.8rem 0 .4rem; }
p { margin: .5rem 0; max-width: 44rem; }
.lead { font-size: 1.12rem; }
.note { color: var(--faint); font-size: .92rem; }
a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; list-style: none; }
.scroll { overflow-x: auto; margin: .7rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td {
  padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top;
}
thead th { color: var(--faint); font-weight: 600; }
tbody th { font-weight: 500; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
.letters { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
td.letters, th.letters { white-space: pre; }
.letters b { color: var(--accent); font-weight: 700; }
pre, code { font: .88rem/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
pre {
  background: var(--card); border: 1px solid var(--line); border-radius: .4rem;
  padding: .7rem .9rem; margin: .7rem 0; white-space: pre-wrap; overflow-wrap: anywhere;
}
.samples { columns: 13rem; padding: 0; margin: .7rem 0; list-style: none; }
.samples li {
  display: flex; justify-content: space-between; gap: .8rem; break-inside: avoid;
  border-bottom: 1px solid var(--line); padding: .2rem 0;
}
.samples span { overflow-wrap: anywhere; white-space: pre-wrap; }
.place { font-style: normal; font-size: .85rem; white-space: nowrap; }
.train { color: var(--train); } .val { color: var(--val); } .test { color: var(--test); }
.new { color: var(--new); font-weight: 600; }
figure { margin: 1rem 0 1.8rem; }
img {
  display: block; width: 100%; max-width: 52rem; height: auto; background: #ffffff;
  border: 1px solid var(--line); border-radius: .4rem; padding: .4rem;
}
figcaption { color: var(--faint); font-size: .92rem; margin-top: .35rem; }
footer { margin-top: 3rem; color: var(--faint); font-size: .9rem; }
@media (max-width: 30rem) {
  body { padding: 1rem .8rem 2rem; }
  h1 { font-size: 1.4rem; }
  table { font-size: .85rem; }
}
@media print {
  :root {
    --ground: #ffffff; --card: #ffffff; --line: #bbbbbb; --ink: #000000; --faint: #444444;
    --accent: #003f66; --train: #444444; --val: #5f3e00; --test: #5f3e00; --new: #004a35;
  }
  body { max-width: none; font-size: 10pt; padding: 0; }
  nav { display: none; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  td.letters, th.letters { white-space: pre-wrap; }
  h2, h3 { break-after: avoid; }
  figure, tr, pre { break-inside: avoid; }
  img { max-width: 15cm; border: 0; padding: 0; }
}
"""
