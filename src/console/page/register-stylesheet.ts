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
