/** Styles of the first page, in addition to the shared style sheet. */
export const consoleStylesheet = `
html:not(.script) .needs-script { display: none; }
.result { position: sticky; top: 0; z-index: 5; margin: 0 0 1rem; }
.result:not(:empty) { background: var(--accent-soft); border-left: 4px solid var(--accent); padding: .5rem 1rem; }
.result.bad:not(:empty) { background: var(--bad-soft); border-color: var(--bad); }
.signed-in { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; margin: 0 0 1rem; }
.signed-in p { margin: 0; }
@media (min-width: 44rem) { .signed-in { justify-content: flex-end; margin-top: -3.25rem; min-height: 2.25rem; } }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; }
h3 { font-size: 1.0625rem; margin: 1.5rem 0 .5rem; }
.panel > h2:first-child { margin-top: 0; }
.copied { display: inline-flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: center; max-width: 100%; }
.copied code { overflow-wrap: anywhere; }
.addresses { row-gap: .625rem; }
.drawn { display: grid; gap: 1.25rem; }
.drawn > * { min-width: 0; }
@media (min-width: 72rem) {
  .drawn { grid-template-columns: minmax(0, 1fr) 20rem; }
  .drawn .scroll { position: sticky; top: 1rem; }
}
.drawn .scroll { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; align-self: start; margin: 0; }
.steps { padding-left: 1.75rem; }
.steps li { margin: 0 0 .625rem; }
.step { margin: 0; }
.step code { overflow-wrap: anywhere; }
p.quiet.step { font-size: .9375rem; }
.diagram { display: block; width: 100%; min-width: 50rem; height: auto; font-family: inherit; font-size: 12px; }
.diagram .lane { stroke: var(--line); stroke-width: 1; }
.diagram .lane-head { fill: var(--accent-soft); stroke: var(--line); }
.diagram text { fill: var(--ink); paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.diagram .lane-name { font-weight: 600; font-size: 11px; stroke: none; }
.diagram .line { fill: none; stroke: var(--accent); stroke-width: 1.75; }
.diagram .tip { fill: var(--accent); }
.diagram .redirect .line { stroke-dasharray: 5 4; }
.diagram .refused .line { stroke: var(--warn); } .diagram .refused .tip { fill: var(--warn); }
.diagram .failed .line { stroke: var(--bad); } .diagram .failed .tip { fill: var(--bad); }
.act { white-space: nowrap; }
tbody th { color: var(--ink); font-weight: 400; }
@media (max-width: 44rem) {
  .stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacks tr { display: block; padding: .625rem 0; border-bottom: 1px solid var(--line); }
  .stacks th, .stacks td { display: block; border: 0; padding: .125rem 0; }
}
`;
