/** Styles of the pages "Desk and test" and "Operate". */
export const operateStyles = `
.desk { display: grid; gap: 1rem 2rem; grid-template-columns: 12rem minmax(0, 2fr) minmax(0, 1fr); align-items: start; }
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
.calendar .month { stroke: var(--line); } .calendar text { font-size: 10px; fill: var(--quiet); } .calendar .now { stroke: var(--bad); stroke-width: 1.5; }
.calendar .announced { fill: var(--warn-soft); stroke: var(--warn); } .calendar .signing { fill: var(--accent); } .calendar .verifying { fill: var(--accent-soft); stroke: var(--accent); }
.calendar .kid { fill: var(--accent-ink); font-weight: 650; } .calendar .kid.waits { fill: var(--warn); } .legend span { padding: 0 .375rem; border: 1px solid transparent; border-radius: .25rem; font-size: .875rem; }
.legend .announced { background: var(--warn-soft); color: var(--warn); border-color: var(--warn); } .legend .signing { background: var(--accent); color: var(--accent-ink); }
.legend .verifying { background: var(--accent-soft); color: var(--ink); border-color: var(--accent); }
.calls { list-style: none; margin: 0 0 1rem; padding: 0; } .calls li { padding: .1875rem 0; overflow-wrap: anywhere; } .calls a[aria-current] { font-weight: 700; }
.console fieldset { border: 0; margin: 0 0 .75rem; padding: 0; min-width: 0; } .console legend { font-weight: 650; padding: 0; margin: 0 0 .375rem; }
.facts { overflow-wrap: anywhere; } @media (min-width: 66.01rem) { .audit :is(th, td) { min-width: 6.5rem; } .audit :is(th, td):nth-child(4) { min-width: 8.25rem; } } .console .uid bdi { overflow-wrap: break-word; } .console :is(td, th) time + br + .quiet { white-space: nowrap; } @media (max-width: 66rem) { .console :is(td, th) time + br + .quiet { white-space: normal; } }
@media (min-width: 66.01rem) { .faults table { table-layout: fixed; } .faults :is(th, td):nth-child(1) { width: 17rem; } .faults :is(th, td):nth-child(3) { width: 10rem; } .faults :is(th, td):nth-child(4) { width: 17rem; } }
@media (max-width: 43.75rem) { .console .state { white-space: normal; } }
@media (max-width: 60rem) { .desk { grid-template-columns: minmax(0, 1fr); } .reader { max-width: 9rem; } .state-of { text-align: left; } }
`;
