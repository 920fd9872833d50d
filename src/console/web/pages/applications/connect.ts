import { type Html, html } from '@alongside/kernel/html';
import type { Journey, JourneySummary } from '../../../../journeys/model.ts';
import { prefixOf, variableLines } from '../../../../kit/environment.ts';
import type { StoredApplication } from '../../../../oauth/applications.ts';
import { type ConnectCode, connectCode } from '../../../explanations/connect-code.ts';
import type { ConsoleContext } from '../../../model/dependencies.ts';
import { halfNames } from '../../../model/registration/shape.ts';
import { listedApplication } from '../../../model/registration/stored.ts';
import { copiedBlock, foreign } from '../../frame/controls.ts';

/** The lines of an application's `.env`. A secret that is stored as a hash only has a line without a value. */
export function environmentLines(console: ConsoleContext, application: StoredApplication): string[] {
  const { urls, cis2Issuer, development } = console;
  const seen = development ? listedApplication(application) : application;
  const lines = variableLines({ urls: { ...urls, cis2Issuer }, agentSocket: null }, [seen]);
  const prefix = prefixOf(application);
  return lines.flatMap((line) => {
    const half = halfNames.find((name) => line.startsWith(`${prefix}_${name.toUpperCase()}_CLIENT_ID=`));
    if (!half || !application[half]?.secrets.length) return [line];
    const secret = `${prefix}_${half.toUpperCase()}_CLIENT_SECRET=`;
    return lines.some((each) => each.startsWith(secret)) ? [line] : [line, secret];
  });
}

/** How many of the newest journeys are searched for a call of an API. */
const searched = 5;

/** Returns whether a request of an API by the application succeeded in the journey. */
const readsApi = ({ messages }: Journey): boolean =>
  messages.some(
    ({ from, to, outcome }) => from === 'application' && to.startsWith('api:') && outcome === 'succeeded',
  );

async function progressOf({ journeys }: ConsoleContext, application: string) {
  const [{ journeys: all }, { journeys: good }] = await Promise.all([
    journeys.list({ application }),
    journeys.list({ application, outcome: 'succeeded' }),
  ]);
  const signIns = good.filter(({ pattern }) => pattern !== 'sign-out' && pattern !== 'console');
  const found = await Promise.all(signIns.slice(0, searched).map(({ id }) => journeys.find(id)));
  return {
    latest: all[0],
    signedIn: signIns[0],
    read: found.find((journey) => journey && readsApi(journey)),
  };
}

const opened = ({ id, failedStep }: JourneySummary, text: Html | string): Html =>
  html`<a href="/journeys/${encodeURIComponent(id)}${failedStep === null ? '' : `?step=${failedStep}`}">${text}</a>`;

const step = (number: number, isDone: boolean, title: string, text: Html): Html =>
  html`<li class="${isDone ? 'done' : ''}"><span class="mark-step" aria-hidden="true">${isDone ? '✓' : number}</span><div><strong>${title}</strong>${isDone ? html`<span class="visually-hidden"> (done)</span>` : undefined}<br>${text}</div></li>`;

/** The way from a registration to a patient, ticked by the journeys of the application. */
export async function progress(console: ConsoleContext, application: StoredApplication): Promise<Html> {
  const { latest, signedIn, read } = await progressOf(console, application.id);
  const [first] = connectCode(application);
  const refused =
    latest && (latest.outcome === 'refused' || latest.outcome === 'failed') ? latest : undefined;
  const begin = first
    ? html`Start the program, then <a href="${first.opens}" target="_blank" rel="noopener">open ${first.opens}</a>`
    : html`Start your application and sign in`;
  const ofTokens = () => {
    if (signedIn) return opened(signedIn, foreign(signedIn.person?.name ?? signedIn.headline));
    if (refused) return html`Refused: ${opened(refused, foreign(refused.headline))}. ${begin}`;
    return html`With a card in the reader: <a href="/desk">Desk</a>`;
  };
  const ofCall = () => {
    if (read) return opened(read, 'Open the journey');
    if (refused && signedIn) return html`Refused: ${opened(refused, foreign(refused.headline))}`;
    return html`Here it says so by itself`;
  };
  const isServed = Boolean(application.platform?.products.some(({ status }) => status === 'approved'));
  return html`<ol class="first-steps">
${step(1, isServed, isServed ? 'Registered' : 'Registered, without an API', isServed ? html`with an API` : html`<a href="/applications/${encodeURIComponent(application.id)}?tab=edit">Add an API</a>, or it gets no tokens`)}
${step(2, latest !== undefined, 'Its first request arrived', latest ? opened(latest, foreign(latest.headline)) : begin)}
${step(3, signedIn !== undefined, 'It got tokens', ofTokens())}
${step(4, read !== undefined, 'It called an API', ofCall())}
</ol>`;
}

const program = ({ framework, file, commands, code }: ConnectCode, index: number): Html =>
  html`<details name="framework" id="code-${index}"${index === 0 ? html` open` : undefined}><summary>${framework}: <code>${file}</code></summary>
${copiedBlock(code, `the program for ${framework}`)}
${copiedBlock(commands.join('\n'), `the commands for ${framework}`)}</details>`;

const elsewhere = html`<p>The code for this kind of application is in the documentation, in the pages of Node.js, Java and .NET. The request builder shows each of its requests too.</p>`;

/** One page from a registration to a patient: settings, code, and what has happened so far. */
export function connectPage(console: ConsoleContext, application: StoredApplication, steps: Html): Html {
  const { id, name } = application;
  const programs = connectCode(application);
  const lines = environmentLines(console, application).join('\n');
  return html`<section class="panel note-of-registration" id="registered" data-id="${id}" hidden><h2 tabindex="-1">${foreign(name || id)} is registered</h2><p class="note" data-secret hidden>The secret is shown this once. Copy it now: only its hash is stored.</p><div data-warnings></div></section>
<section class="panel" aria-label="From the registration to a patient">${steps}</section>
<h2>1. Save this as .env</h2><div id="environment" data-prefix="${prefixOf(application)}">${copiedBlock(lines, 'the settings')}</div>
<div class="actions"><button type="button" id="download-env" class="secondary needs-script">Download .env</button></div>
<h2>2. Copy the code</h2>${programs.length > 0 ? programs.map(program) : elsewhere}
${console.development ? html`<p>Or <a href="/build?application=${encodeURIComponent(id)}">run a first sign-in</a> here, without a program.</p>` : undefined}`;
}
