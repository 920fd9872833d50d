import { journeyStyles } from './pages/journey/stylesheet.ts';

/** Styles of the pages "Desk and test" and "Operate". */
const operateStyles = `
.restore .choice .hint { display: block; } .desk { display: grid; gap: 1rem 2rem; grid-template-columns: 12rem minmax(0, 3fr) minmax(0, 2fr); align-items: start; }
.reader { display: block; width: 100%; max-width: 12rem; height: auto; } .reader .body { fill: var(--card); stroke: var(--quiet); stroke-width: 2; }
.reader .slot { fill: var(--line); } .reader .card rect { fill: var(--accent-soft); stroke: var(--accent); stroke-width: 2; }
.reader .chip, .reader .print { fill: none; stroke: var(--accent); stroke-width: 2; } .reader text { fill: var(--quiet); font-size: 13px; }
.reader .light { fill: var(--line); stroke: var(--quiet); } .reader .light.good { fill: var(--good); } .reader .light.warn { fill: var(--warn); } .reader .light.bad { fill: var(--bad); }
.state-of { text-align: center; max-width: 12rem; margin: .5rem 0 0; } .big-time { font-size: 1.75rem; font-variant-numeric: tabular-nums; margin: 0 0 .25rem; } .big-time .tag { vertical-align: middle; }
ul.plain, ol.plain { list-style: none; margin: 0; padding: 0; } .plain li { margin: 0 0 .375rem; overflow-wrap: anywhere; }
.fields { display: grid; gap: 0 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr)); }
.mail-text { white-space: pre-wrap; overflow-wrap: anywhere; max-width: 50rem; }
.problems { list-style: none; margin: 0; padding: 0; } .problems p { margin: 0; }
.calendar { display: block; width: 100%; height: auto; margin: 0 0 .75rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
@media (max-width: 43.75rem) { .calendar { display: none; } } .calendar .month { stroke: var(--line); } .calendar text { font-size: 10px; fill: var(--quiet); } .calendar .now { stroke: var(--bad); stroke-width: 1.5; }
.calendar .announced { fill: var(--warn-soft); stroke: var(--warn); } .calendar .signing { fill: var(--accent); } .calendar .verifying { fill: var(--accent-soft); stroke: var(--accent); }
.calendar .kid { fill: var(--accent-ink); font-weight: 650; } .calendar .kid.waits { fill: var(--warn); } .legend > [class]:not(.with-lanes) { padding: 0 .375rem; border: 1px solid transparent; border-radius: .25rem; font-size: .875rem; }
.legend .announced { background: var(--warn-soft); color: var(--warn); border-color: var(--warn); } .legend .signing { background: var(--accent); color: var(--accent-ink); }
.legend .verifying { background: var(--accent-soft); color: var(--ink); border-color: var(--accent); }
.calls { list-style: none; margin: 0 0 1rem; padding: 0; } .calls li { padding: .25rem 0; overflow-wrap: anywhere; } @media (min-width: 60rem) { .calls li { display: grid; grid-template-columns: minmax(0, 25rem) minmax(0, 1fr); gap: 1rem; } } .calls a[aria-current] { font-weight: 700; }
.console fieldset { border: 0; margin: 0 0 .75rem; padding: 0; min-width: 0; } .console legend { font-weight: 650; padding: 0; margin: 0 0 .375rem; }
.facts { overflow-wrap: anywhere; } @media (min-width: 66.01rem) { .audit :is(th, td) { min-width: 6.5rem; } .audit :is(th, td):nth-child(4) { min-width: 9.25rem; } } .console .uid bdi { overflow-wrap: break-word; } .console :is(td, th) time + br + .quiet { white-space: nowrap; } @media (max-width: 66rem) { .console :is(td, th) time + br + .quiet { white-space: normal; } }
@media (min-width: 66.01rem) { .faults table { table-layout: fixed; } .faults :is(th, td):nth-child(1) { width: 17rem; } .faults :is(th, td):nth-child(3) { width: 10rem; } .faults :is(th, td):nth-child(4) { width: 17rem; } }
@media (max-width: 57rem) { .console .state { white-space: normal; } .console a.state { display: inline-block; line-height: 1.5; } }
@media (max-width: 60rem) { .desk { grid-template-columns: minmax(0, 1fr); } .reader { max-width: 9rem; } .state-of { text-align: left; } }
`;

/** Styles of the console, in addition to the shared style sheet. */
export const consoleStylesheet = `
html { scroll-padding-top: 4rem; }
html:not(.script) .needs-script { display: none !important; }
body.console { display: grid; grid-template-columns: 13rem minmax(0, 1fr); grid-template-rows: auto 1fr auto; font-size: 1rem; line-height: 1.45; }
.console .column { grid-row: 1 / -1; display: flex; flex-direction: column; background: var(--card); border-right: 1px solid var(--line);
  padding: 1rem .75rem; position: sticky; top: 0; height: 100vh; overflow-y: auto; }
.console .brand { margin: 0 0 1rem; padding: 0 .25rem; font-size: 1.0625rem; }
.console .brand a { color: inherit; text-decoration: none; }
.console #menu { display: none; }
#navigation h2 { font-size: .8125rem; color: var(--quiet); margin: .625rem 0 .125rem; padding: 0 .5rem; }
#navigation ul { list-style: none; margin: 0; padding: 0; }
#navigation a { display: flex; justify-content: space-between; gap: .5rem; padding: .1875rem .5rem; border-radius: .375rem; color: var(--ink); text-decoration: none;
  border-left: 3px solid transparent; font-size: .9375rem; }
#navigation a:hover { background: var(--accent-soft); }
#navigation a[aria-current] { background: var(--accent-soft); border-color: var(--accent); font-weight: 650; }
.badge { font-size: .8125rem; color: var(--quiet); font-weight: 400; white-space: nowrap; }
.badge.bad { color: var(--bad); font-weight: 650; } .badge.warn { color: var(--warn); font-weight: 650; }
.console .about { margin: auto 0 0; padding: 1rem .5rem 0; color: var(--quiet); font-size: .8125rem; }
.console .bar { grid-column: 2; position: sticky; top: 0; z-index: 8; padding: .5rem 1.25rem; flex-wrap: wrap; gap: .5rem; }
.search { position: relative; flex: 1 1 16rem; max-width: 32rem; margin: 0; }
.search input { max-width: none; min-height: 2.25rem; padding: .25rem .75rem; border-width: 1px; font-size: .9375rem; }
.search kbd { position: absolute; right: .625rem; top: .5rem; font-size: .75rem; border: 1px solid var(--line); border-radius: .25rem; padding: 0 .375rem; color: var(--quiet); background: var(--card); }
.search input:focus + kbd { display: none; }
.states { display: flex; flex-wrap: wrap; gap: .375rem; align-items: center; }
.state { display: inline-flex; gap: .375rem; align-items: center; font-size: .8125rem; font-weight: 400; line-height: 1.2; min-height: 1.75rem; padding: .125rem .75rem;
  border: 1px solid var(--line); border-radius: 1rem; background: var(--card); color: var(--ink); text-decoration: none; white-space: nowrap; }
.state.amber { background: var(--warn-soft); color: var(--warn); border-color: currentColor; font-weight: 650; }
button.state.state { min-height: 1.75rem; font-size: .8125rem; padding: .125rem .75rem; border-width: 1px; font-weight: 400; background: var(--card); color: var(--ink); }
button.state::before { content: ""; width: .5rem; height: .5rem; border-radius: 50%; background: var(--quiet); }
button.state[data-state=live]::before { background: var(--good); }
button.state[data-state=lost] { color: var(--bad); border-color: currentColor; } button.state[data-state=lost]::before { background: var(--bad); }
body.console main { grid-column: 2; max-width: 90rem; margin: 0; padding: 1.25rem; }
body.console footer { grid-column: 2; }
.console .result { position: sticky; top: 3.5rem; z-index: 7; margin: 0; }
.result:not(:empty) { background: var(--accent-soft); border-left: 4px solid var(--accent); padding: .5rem 1rem; margin: 0 0 1rem; }
.result.bad:not(:empty) { background: var(--bad-soft); border-color: var(--bad); }
.signed-in { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; justify-content: flex-end; margin: 0 0 .5rem; }
.signed-in p { margin: 0; }
.crumbs ol { display: flex; flex-wrap: wrap; gap: .375rem; list-style: none; margin: 0; padding: 0; font-size: .9375rem; }
.crumbs li + li::before { content: "/"; content: "/" / ""; color: var(--quiet); margin-right: .375rem; }
.title { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; justify-content: space-between; align-items: flex-start; margin: 0 0 1rem; }
.title > div { min-width: 0; } .title .actions { margin: 0; }
.console h1 { font-size: 1.5rem; margin: 0 0 .125rem; overflow-wrap: anywhere; } .console h1 .tag { vertical-align: middle; }
.console h2 { font-size: 1.0625rem; margin: 1.5rem 0 .5rem; } .console h3 { font-size: 1rem; margin: 1.25rem 0 .375rem; }
.console .lead { font-size: 1rem; margin: 0; }
.console .panel { padding: 1rem 1.25rem; } .panel > :first-child { margin-top: 0; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); margin: 0 0 1rem; }
.cards > *, .cards > [data-part] > .panel { margin: 0 !important; min-width: 0; } .cards > [data-part] > .panel { height: 100%; }
.danger { background: transparent; color: var(--bad); border-color: currentColor; }
.console button, .console .button { min-height: 2.25rem; padding: .25rem 1rem; font-size: .9375rem; border-width: 1.5px; }
.console .small { min-height: 1.875rem; padding: .125rem .625rem; font-size: .875rem; }
button[aria-busy=true] { opacity: .6; cursor: progress; }
.console input:not([type=radio], [type=checkbox]), .console select, .console textarea { font: inherit; font-size: .9375rem; color: inherit; background: var(--card); width: 100%; max-width: 32rem;
  padding: .375rem .625rem; border: 1px solid var(--quiet); border-radius: .375rem; min-height: 2.25rem; }
.console textarea { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; font-size: .875rem; max-width: none; }
[aria-invalid=true] { border-color: var(--bad) !important; outline: 1px solid var(--bad); }
.hint:empty { display: none; }
.filters { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: 0 0 1rem; }
.filters input:not([type=radio], [type=checkbox]) { min-width: 13.5rem; } .console .filters input[type=date], .filters select { width: auto; min-width: 0; max-width: min(100%, 20rem); } .filters input[type=search] { flex: 1 1 14rem; max-width: 24rem; }
.filters label { font-size: .8125rem; font-weight: 400; color: var(--quiet); margin: 0; }
.segments { display: inline-flex; flex-wrap: wrap; border: 1px solid var(--quiet); border-radius: .375rem; overflow: hidden; }
.segments a { padding: .3rem .75rem; font-size: .9375rem; color: var(--ink); text-decoration: none; border-left: 1px solid var(--line); background: var(--card); }
.segments a:first-child { border-left: 0; } .segments a[aria-current] { background: var(--accent); color: var(--accent-ink); font-weight: 650; }
.segments a:focus-visible { outline-offset: -3px; }
.tabs ul { display: flex; flex-wrap: wrap; gap: .25rem; list-style: none; margin: 0 0 1rem; padding: 0; border-bottom: 1px solid var(--line); }
.tabs a { display: block; padding: .375rem .75rem; color: var(--ink); text-decoration: none; border-bottom: 3px solid transparent; }
.tabs a[aria-current] { border-color: var(--accent); font-weight: 650; color: var(--accent); }
.copied { display: inline-flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: center; max-width: 100%; } .copied code { overflow-wrap: anywhere; }
.block { position: relative; margin: 0 0 1rem; } .block > button { position: absolute; right: .5rem; top: .5rem; background: var(--card); }
.block pre, pre.block { margin: 0; padding: .75rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: .375rem; font: .8125rem/1.55 ui-monospace, "Cascadia Mono", "Liberation Mono", monospace;
  white-space: pre-wrap; overflow-wrap: anywhere; max-height: 32rem; overflow-y: auto; } pre.block { margin-bottom: 1rem; } .connect pre { max-height: 13rem; }
.block > button + pre { padding-right: 5.5rem; }
.console table { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; border-collapse: separate; border-spacing: 0; margin: 0 0 1rem; }
.console tbody tr:last-child > * { border-bottom: 0; }
.console tbody th { color: var(--ink); font-weight: 400; }
.number { text-align: right !important; font-variant-numeric: tabular-nums; }
td[data-label=Person] { min-width: 7.5rem; } td[data-label=What] { min-width: 16rem; } tr.bad .what { color: var(--bad); font-weight: 650; } tr.chosen > * { background: var(--accent-soft); }
.what { font-weight: 600; } .what a { color: inherit; text-decoration: none; } .what a:hover { text-decoration: underline; } .what ~ .tag { white-space: normal; overflow-wrap: anywhere; }
.took { display: block; margin: .125rem 0 0 auto; width: 6rem; height: .375rem; } .took rect { fill: var(--accent); } .bad .took rect { fill: var(--bad); }
.over-time { display: block; width: 100%; min-width: 8rem; height: 1.75rem; } .over-time path { fill: var(--bad); } .over-time .all { fill: var(--quiet); } .over-time line { stroke: var(--quiet); stroke-width: 1; vector-effect: non-scaling-stroke; }
@media (min-width: 66.01rem) { .refusal-causes th:last-child { width: 45%; } }
.tag { font-size: .8125rem; }
.empty { padding: 2rem 1rem; margin: 0 0 1rem; text-align: center; background: var(--card); border: 1px dashed var(--line); border-radius: .5rem; }
.console bdi, .facts { overflow-wrap: anywhere; }
.empty p { margin: 0 0 .75rem; }
.waiting-changes { display: block; margin: 0 auto .5rem; position: sticky; top: 4rem; z-index: 6; background: var(--card); }
.console .act { white-space: nowrap; } @media (max-width: 66rem) { .console .act { white-space: normal; } }
.first-steps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: .75rem 1.5rem; list-style: none; margin: 0; padding: 0; }
.first-steps li { display: flex; gap: .625rem; min-width: 0; } .first-steps li > div { min-width: 0; overflow-wrap: anywhere; }
.mark-step { flex: none; width: 1.375rem; height: 1.375rem; border: 1.5px solid var(--quiet); border-radius: 50%; text-align: center; font-size: .8125rem; line-height: 1.25rem; font-weight: 650; }
.done .mark-step { border-color: var(--good); color: var(--good); }
.at-desk { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; margin: 0 0 .75rem; } .at-desk .reader { max-width: 7rem; } .at-desk p { margin: 0; }
.lately { list-style: none; margin: 0 0 1rem; padding: 0; } .lately li { overflow-wrap: anywhere; padding: .5rem 0; border-bottom: 1px solid var(--line); }
a.bad { color: var(--bad); font-weight: 650; text-decoration: none; } a.bad:hover { text-decoration: underline; }
.taken { margin-bottom: .25rem !important; } .taken:focus { outline: 0; }
.verdict { border-left: 4px solid var(--line); padding: .25rem 0 .25rem .75rem; overflow-wrap: anywhere; } .verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.finder { width: min(40rem, calc(100vw - 2rem)); margin-top: 10vh; padding: .75rem; } .finder input { width: 100%; max-width: none; margin: 0; }
.finder ul { list-style: none; margin: .5rem 0 0; padding: 0; max-height: 50vh; overflow-y: auto; } .finder li { padding: .5rem; min-height: 1.5rem; border-radius: .25rem; cursor: pointer; overflow-wrap: anywhere; }
.finder li[aria-selected=true] { background: var(--accent-soft); outline: 2px solid var(--accent); outline-offset: -2px; } .finder li .quiet { display: block; font-size: .875rem; } .finder p { margin: .5rem 0 0; }
.found { padding-left: 1.25rem; } #explanation table { table-layout: fixed; } #explanation td { overflow-wrap: anywhere; } #explanation thead th:first-child { width: 15%; } #explanation thead th:nth-child(2):nth-last-child(4) { width: 11%; } .button.file { cursor: pointer; margin: 0; position: relative; overflow: hidden; } .console #file { position: absolute; width: 1px; min-height: 1px; padding: 0; } .button.file:focus-within { outline: 3px solid var(--accent); outline-offset: 2px; }
.build { display: grid; gap: 0 1.5rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); } .build input { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; font-size: .8125rem !important; max-width: none !important; }
.mistakes { border: 0; margin: 0 0 .5rem; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; } .mistakes label { font-weight: 400; }
.filters > div { min-width: 0; max-width: 100%; } .build td:nth-child(2) { width: 45%; } .build summary { padding: .25rem 0; } @media (max-width: 66rem) { .build { grid-template-columns: minmax(0, 1fr); } }
#explain textarea { margin: .25rem 0; }
dl.addresses { row-gap: .625rem; }
@media (max-height: 30rem) { .console .bar, .console .result, .waiting-changes { position: static; } html { scroll-padding-top: 0; } }
@media (max-width: 57rem) {
  html { scroll-padding-top: 0; }
  body.console { display: block; }
  .console .column { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); padding: .625rem 1rem; display: block; }
  .console .brand { display: inline-flex; margin: 0; } .console #menu { display: inline-block; float: right; }
  .script .console:not(.menu-open) #navigation, .script .console:not(.menu-open) .about { display: none; }
  .console .bar { position: static; padding: .5rem 1rem; } body.console main { padding: 1rem; }
  .console .result { top: 0; } .search { flex-basis: 10rem; }
  .script .console:not(.menu-open) #bar-state .state:not(.amber) { display: none; }
}
@media (max-width: 66rem) {
  .console table { border: 0; background: none; }
  .stacks thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacks tr { display: block; padding: .625rem .75rem; margin: 0 0 .5rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
  .stacks th, .stacks td { display: block; border: 0; overflow-wrap: anywhere; padding: .125rem 0; text-align: left !important; }
  .stacks td:empty { display: none; } .stacks .tag { white-space: normal; }
  .stacks td[data-label]:not(.hidden, :empty) { display: flow-root; padding-left: 6.5rem; min-height: 1.625rem; }
  .stacks td[data-label]:not(.hidden)::before { content: attr(data-label); float: left; margin-left: -6.5rem; width: 6rem; font-size: .8125rem; line-height: 1.6; font-weight: 400; color: var(--quiet); }
  .stacks td.hidden:has(> input)::after { content: " " attr(data-label); } .took { margin-left: 0; transform: scaleX(-1); }
  .stacks tr.chosen { background: var(--accent-soft); } .stacks.differences tr.bad { background: var(--bad-soft); } .build .stacks td:nth-child(2) { width: auto; }
}
@media (forced-colors: active) { .over-time path, .over-time .all { fill: CanvasText; } .over-time line { stroke: CanvasText; } button.state::before { forced-color-adjust: none; } #navigation a:not([aria-current]), .tabs a:not([aria-current]) { border-color: Canvas; } .segments a[aria-current], #navigation a[aria-current] { outline: 2px solid; outline-offset: -2px; } }
@media print { .console .column, .console .bar { display: none; } }
${journeyStyles}${operateStyles}`;

/** Styles of the pages on which applications, people and cards are registered. */
export const registerStylesheet = `
.console [role=alert], .console input, .console select, .console textarea, .console fieldset { scroll-margin-top: 5rem; }
.console bdi, .crumbs li { overflow-wrap: anywhere; min-width: 0; }
.console .button { display: inline-flex; align-items: center; margin: 0; }
.split { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 7fr) minmax(0, 4fr); align-items: start; }
.split > * { min-width: 0; } .split .panel { margin: 0 0 1rem; }
.filters > div { min-width: 0; max-width: 100%; }
.pair { display: grid; gap: 0 1rem; grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr)); }
:is(.pair, .fields) > .field { display: grid; grid-template-rows: subgrid; grid-template-columns: minmax(0, 1fr); grid-row: span 4; }
:is(.pair, .fields) > .field > label { grid-row: 1; } :is(.pair, .fields) > .field > .hint { grid-row: 2; } :is(.pair, .fields) > .field > :is(input, select, textarea) { grid-row: 3; } :is(.pair, .fields) > .field > .error-message { grid-row: 4; }
.options { display: grid; gap: .625rem; grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr)); }
.option { position: relative; display: flex; gap: .625rem; padding: .625rem .75rem; border: 1px solid var(--line); border-radius: .5rem; font-weight: 400; margin: 0; cursor: pointer; min-width: 0; overflow-wrap: anywhere; }
.option:has(:checked) { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); background: var(--accent-soft); }
.option:has(:focus-visible) { outline: 3px solid var(--focus); outline-offset: 2px; } .option:has(:disabled) { opacity: .65; cursor: not-allowed; }
.option input { flex: none; width: 1.125rem; height: 1.125rem; margin: .125rem 0 0; accent-color: var(--accent); }
.option strong { display: block; } .option small { display: block; font-size: .875rem; color: var(--quiet); }
.console fieldset.field > legend { margin: 0 0 .375rem; }
.lines { display: grid; gap: .375rem; margin: 0 0 .5rem; } .line { display: flex; gap: .375rem; min-width: 0; } .line input { flex: 1 1 auto; min-width: 0; max-width: none !important; }
.mono { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; font-size: .875rem !important; }
.split .field input:not([type=radio], [type=checkbox], [type=file]), .split .field select { max-width: none !important; }
.good-message { color: var(--good); font-weight: 600; margin: .25rem 0 .5rem; }
.request { margin: 0 0 .75rem; padding: .75rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: .375rem; font: .8125rem/1.55 ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 30rem; overflow-y: auto; }
.request mark { background: var(--bad-soft); color: var(--bad); outline: 1px solid var(--bad); border-radius: .125rem; }
.plain-list { list-style: none; padding: 0; } .plain-list li { padding: .125rem 0; overflow-wrap: anywhere; }
.views { display: flex; flex-wrap: wrap; gap: .25rem; margin: 0 0 .75rem; border-bottom: 1px solid var(--line); }
.views button { background: none; color: var(--ink); border: 0; border-bottom: 3px solid transparent; border-radius: 0; font-weight: 400; }
.views button[aria-pressed=true] { color: var(--accent); border-color: var(--accent); font-weight: 650; }
.found { list-style: none; margin: .375rem 0; padding: 0; display: grid; gap: .25rem; } .found button { text-align: left; width: 100%; font-weight: 400; height: auto; }
.role-row { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; justify-content: space-between; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .375rem; margin: 0 0 .375rem; }
.role-row > span { min-width: 0; overflow-wrap: anywhere; flex: 1 1 14rem; }
.acts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); align-items: start; } .act-row { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; background: var(--card); }
.act-row h3 { margin: 0 0 .25rem !important; } .act-row p { margin: 0 0 .5rem; } .act-row > :last-child { margin-bottom: 0; }
.act-row .actions { margin: 0; } .impossible { color: var(--quiet); }
.conflict td { vertical-align: top; } .pages { display: flex; gap: 1rem; }
@media (max-width: 62rem) { .split { grid-template-columns: minmax(0, 1fr); } }
@media (forced-colors: active) { .option:has(:checked) { outline: 2px solid; } .views button[aria-pressed=true] { outline: 1px solid; } }
`;
