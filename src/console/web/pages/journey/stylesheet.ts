import { arrowStyles } from '../../../service/exports/arrows.ts';

export const journeyStyles = `
${arrowStyles}
.filters-of-journey { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 0 0 .75rem; } .filters-of-journey .actions { margin: 0 0 0 auto; gap: .5rem; }
.related { margin: 0 0 .75rem; }
.banner { background: var(--bad-soft); border-left: 4px solid var(--bad); border-radius: 0 .5rem .5rem 0; padding: .75rem 1.25rem; margin: 0 0 1rem; }
.banner .remedies { margin: .75rem 0 0; } .console .banner h2 { color: var(--bad); margin: 0 0 .5rem; } .banner h2 a { color: inherit; }
dl.reasons { display: grid; grid-template-columns: minmax(5.5rem, max-content) minmax(0, 1fr); gap: .25rem 1.25rem; margin: 0; }
dl.reasons dt { color: var(--quiet); } dl.reasons dd { margin: 0; overflow-wrap: anywhere; }
.menu { position: relative; margin: 0; } .menu > summary { list-style: none; color: var(--accent); } .menu > summary::after { content: "▾"; margin-left: .375rem; } .menu > summary::-webkit-details-marker { display: none; }
.menu > ul { position: absolute; right: 0; max-width: 80vw; z-index: 7; min-width: 15rem; margin: .25rem 0 0; padding: .375rem; list-style: none; background: var(--card); border: 1px solid var(--quiet); border-radius: .5rem; }
.menu > ul a { display: block; padding: .375rem .75rem; text-decoration: none; border-radius: .25rem; } .menu > ul a:hover { background: var(--accent-soft); }
.time-went { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; font-size: .875rem; margin: 0 0 1rem; color: var(--quiet); }
.time-went p { margin: 0; } .time-went > svg { flex: 1 1 14rem; border-radius: 5px; } .time-went ul { display: flex; flex-wrap: wrap; gap: .125rem 1rem; list-style: none; margin: 0; padding: 0; color: var(--ink); }
.t-outside { fill: url(#hatch); } .hatch-ground { fill: var(--line); } .hatch-line { fill: var(--quiet); opacity: .7; }
.t-authorisation { fill: var(--accent); } .t-cis2 { fill: #c8740a; } .t-agent { fill: #3b6fd4; } .t-cis { fill: #7fa7f0; } .t-application { fill: #8a8f98; } .t-other { fill: #8a5cc9; }
.time-bar rect + rect { stroke: var(--paper); stroke-width: 1; }
.journey { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; align-items: start; }
.journey > * { min-width: 0; }
.journey > [data-part=ledger] { container: ledger / inline-size; }
.ledger { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); }
.ledger-head { position: sticky; top: 3.25rem; z-index: 5; background: var(--paper); border-bottom: 1px solid var(--line); border-radius: .5rem .5rem 0 0; font-size: .8125rem; font-weight: 650; color: var(--quiet); }
.ledger-head, .ledger a.row { display: grid; grid-template-columns: 2.75rem 4rem minmax(0, 1fr) auto; gap: 0 .5rem; align-items: center; }
.ledger-head > :not(svg) { align-self: end; padding-bottom: .25rem; }
.lane-heads text { font-size: 12px; font-weight: 650; fill: var(--ink); } .lane-heads, .arrow { display: block; } .arrow { overflow: visible; }
.rows { position: relative; } .lane-lines { position: absolute; right: 0; top: 0; pointer-events: none; }
.rows ol { list-style: none; margin: 0; padding: 0; position: relative; } .rows li { margin: 0; }
.rows ol.later { content-visibility: auto; contain-intrinsic-size: auto 4400px; }
.ledger a.row { color: inherit; text-decoration: none; min-height: 2.75rem; border-left: 3px solid transparent; margin-left: -1px; position: relative; overflow: clip; }
.ledger a.row:hover { background: color-mix(in srgb, var(--accent-soft) 55%, transparent); }
.ledger a.row.open { background: color-mix(in srgb, var(--accent-soft) 85%, transparent); border-color: var(--accent); }
.ledger a.row.wrong { background: color-mix(in srgb, var(--bad-soft) 75%, transparent); border-color: var(--bad); }
.ledger a.row.wrong.open { box-shadow: inset 0 0 0 1px var(--bad); }
.ledger a.row { scroll-margin-block: 9rem 40vh; } .ledger a.row:focus-visible { outline-offset: -3px; }
.ledger .n, .ledger .at { text-align: right; font-size: .8125rem; color: var(--quiet); font-variant-numeric: tabular-nums; white-space: nowrap; }
.ledger .words { display: block; padding: .25rem 0 .25rem .375rem; min-width: 0; font-weight: 400; }
.ledger .words b { font-weight: 600; font-size: .9375rem; line-height: 1.3; overflow-wrap: anywhere; } .ledger .wrong .words b { color: var(--bad); } .ledger .calm .words b { color: var(--quiet); font-weight: 400; }
.ledger .words code { display: block; font-size: .75rem; line-height: 1.35; color: var(--quiet); overflow-wrap: anywhere; }
.ledger .path { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
${[1, 2, 3, 4, 5, 6].map((depth) => `.ledger .d${depth} .words { margin-left: ${depth}rem; position: relative; }`).join('\n')}
.ledger a.row:not(.d0) .words::before { content: ""; position: absolute; left: -.625rem; top: -.375rem; width: .625rem; height: 1.25rem; border: solid var(--quiet); border-width: 0 0 1px 1px; border-radius: 0 0 0 .375rem; }
.console .ledger .phase { margin: 0; padding: .5rem .75rem .125rem; font-size: .8125rem; color: var(--quiet); border-top: 1px solid var(--line); }
.rows ol:first-of-type > li:first-child > .phase { border-top: 0; }
.ledger .pause { margin: 0; padding: .1875rem .75rem; font-size: .8125rem; color: var(--quiet); background: repeating-linear-gradient(-45deg, color-mix(in srgb, var(--line) 45%, transparent) 0 6px, transparent 6px 12px); }
.ledger .pause b { color: var(--ink); margin-right: .25rem; }
.ledger .legend { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0; padding: .5rem .75rem; font-size: .8125rem; color: var(--quiet); border-top: 1px solid var(--line); background: var(--paper); border-radius: 0 0 .5rem .5rem; }
.ledger .legend span { display: inline-flex; gap: .5rem; align-items: center; }
.to-inspector { position: absolute; left: -999rem; } .to-inspector:focus { position: static; display: block; padding: .25rem .75rem; }
.pages { display: flex; gap: 1rem; padding: .75rem 0; }
.inspector { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); min-width: 0; scroll-margin-top: 4rem; }
.inspector-head { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .25rem .75rem; align-items: start; padding: .75rem 1rem .625rem; border-bottom: 1px solid var(--line); }
.console .inspector-head h2 { margin: 0; } .inspector-head .buttons { display: flex; gap: .375rem; } .inspector-head p { grid-column: 1 / -1; margin: 0; font-size: .9375rem; }
.inspector-head .button { min-width: 2rem; text-align: center; }
.refused-line { color: var(--bad); font-weight: 600; }
.inspector .tabs ul { margin: 0; padding: 0 .5rem; gap: 0; background: var(--paper); } .inspector .tabs a { font-size: .9375rem; padding-inline: .4375rem; }
.panel-body { padding: .75rem 1rem 1rem; font-size: .9375rem; } .panel-body > :last-child { margin-bottom: 0; } .console .panel-body h3:first-child { margin-top: 0; }
.request-line { display: flex; flex-wrap: wrap; gap: .375rem .5rem; align-items: center; justify-content: space-between; margin: 0 0 .625rem; } .request-line code { overflow-wrap: anywhere; min-width: 0; }
.values, :is(.inspector, .exchange) pre { background: var(--paper); border: 1px solid var(--line); border-radius: .375rem; padding: .625rem .75rem; margin: 0 0 .75rem; font: .8125rem/1.65 ui-monospace, "Cascadia Mono", "Liberation Mono", monospace; overflow-wrap: anywhere; }
:is(.inspector, .exchange) pre { white-space: pre-wrap; max-height: 28rem; overflow-y: auto; }
.values p { margin: 0; }
ul.fields { list-style: none; margin: 0; padding: 0; } ul.fields + ul.fields { margin-top: .625rem; }
.values .name, :is(.inspector, .exchange) pre .name, .claims dt, .fields .name { color: var(--accent); } :is(.inspector, .exchange) pre .text, .claims .text { color: var(--warn); } :is(.inspector, .exchange) pre .number, .claims dd .number { color: var(--number, #2d5bb9); text-align: left !important; }
.secret { background: var(--accent-soft); border-radius: .25rem; padding: 0 .25rem; } .origin { font-family: system-ui, sans-serif; color: var(--quiet); }
mark.offending { color: var(--bad); background: var(--bad-soft); border: 1px solid var(--bad); border-radius: .25rem; padding: 0 .25rem; } .offence { color: var(--bad); font-family: system-ui, sans-serif; }
.signed { font-weight: 600; overflow-wrap: anywhere; } .signed.good { color: var(--good); } .signed.bad { color: var(--bad); } .signed.unknown { color: var(--warn); }
dl.claims { margin: 0 0 .75rem; font-size: .8125rem; } dl.claims > div { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: .75rem; padding: .3125rem 0; border-bottom: 1px solid var(--line); }
.claims dt { font-family: ui-monospace, "Liberation Mono", monospace; overflow-wrap: anywhere; } .claims dd { margin: 0; overflow-wrap: anywhere; } .claims dd > :is(.text, .number) { display: block; font-family: ui-monospace, "Liberation Mono", monospace; white-space: pre-wrap; } .meaning { display: block; color: var(--quiet); }
.choice-of-token { margin: 0 0 .75rem; } .events { margin: 0; padding-left: 1.25rem; }
.console details > summary { font-size: .9375rem; } .inspector details { margin: 0 0 .625rem; }
dialog { color: var(--ink); background: var(--card); border: 1px solid var(--quiet); border-radius: .5rem; padding: 1.25rem; max-width: 32rem; } dialog::backdrop { background: rgb(0 0 0 / .45); } dialog h2:first-child { margin-top: 0 !important; }
.console footer { display: flex; flex-wrap: wrap; gap: .5rem 1rem; justify-content: space-between; align-items: center; } dl.keys { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; } dl.keys dd { margin: 0; }
kbd { font: .8125rem ui-monospace, monospace; border: 1px solid var(--line); border-radius: .25rem; padding: 0 .375rem; background: var(--paper); }
ul.compared { list-style: none; padding: 0; } ul.compared li { margin: 0 0 .25rem; }
.differences td, .differences th { overflow-wrap: anywhere; } @media (min-width: 66.01rem) { .differences th:first-child { width: 26%; } .differences td { width: 37%; } } .differences tr.bad > * { background: var(--bad-soft); }
@media (prefers-color-scheme: dark) { :root { --number: #8db4ff; } .t-cis2 { fill: #d98a1f; } }
@media (min-width: 75rem) {
  .journey:has(> [data-part=inspector] > .inspector) { grid-template-columns: minmax(0, 1.9fr) minmax(21rem, 1fr); }
  .journey > [data-part=inspector] { position: sticky; top: 3.5rem; } .inspector { max-height: calc(100vh - 4.5rem); overflow-y: auto; }
}
@container ledger (max-width: 46rem) {
  .ledger .at { display: none; } .ledger-head, .ledger a.row { grid-template-columns: 2.75rem minmax(0, 1fr) auto; }
}
@container ledger (max-width: 40rem) {
  .ledger-head, .lane-lines, .ledger .arrow, .ledger .with-lanes { display: none; } .ledger .legend { display: none; }
  .ledger a.row { grid-template-columns: 1.75rem minmax(0, 1fr); align-items: start; } .ledger .n { padding-top: .25rem; }
  .ledger .path { position: static; width: auto; height: auto; clip-path: none; white-space: normal; display: block; font-size: .8125rem; color: var(--quiet); }
  .ledger a.row.open + .to-inspector { position: static; display: block; padding: .25rem .75rem .5rem 2.75rem; font-size: .875rem; }
}
@media (max-width: 30rem) { dl.reasons { grid-template-columns: minmax(0, 1fr); gap: 0; } dl.reasons dd { margin: 0 0 .375rem; } dl.claims > div { grid-template-columns: minmax(0, 1fr); gap: 0; } }
@media (forced-colors: active) {
  .dot, .tip, .lane-heads text { fill: CanvasText; } .line { stroke: CanvasText; } .glass, .answers { fill: Canvas; stroke: CanvasText; } .lane-lines line { stroke: GrayText; }
  .ledger a.row:not(.open, .wrong) { border-color: Canvas; } .ledger a.row.open { outline: 2px solid Highlight; outline-offset: -2px; } mark.offending { border-width: 2px; } .time-went rect { stroke: CanvasText; }
}
@media print { .ledger-head { position: static; } .inspector { max-height: none; } .rows ol.later { content-visibility: visible; } }
`;
