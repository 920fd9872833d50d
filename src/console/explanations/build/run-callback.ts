import type { Application } from '../../../oauth/applications.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { patchedRegistration } from '../../model/registration/changes.ts';
import { ApplicationEditor } from '../../model/registration/editor.ts';
import { type HalfName, halfNames } from '../../model/registration/shape.ts';
import { storedFrom } from '../../model/registration/stored.ts';
import type { Conditional } from '../../model/revisions.ts';

const lists = { platform: 'callbackUrls', cis2: 'redirectUris' } as const;

const callbacksOf = (application: Application, half: HalfName): readonly string[] =>
  (half === 'platform' ? application.platform?.callbackUrls : application.cis2?.redirectUris) ?? [];

/** Returns the address to which a run in the browser returns. */
const runCallbackOf = ({ urls }: Pick<ConsoleContext, 'urls'>): string => `${urls.console}/build/callback`;

/** Returns whether a run left its callback behind, because the console ended before it. */
export const hasRunCallback = (application: Application, console: Pick<ConsoleContext, 'urls'>): boolean =>
  halfNames.some((half) => callbacksOf(application, half).includes(runCallbackOf(console)));

/** Registers the callback of the console at an application for one run, and removes it after the run or a time limit. */
export class RunCallbacks {
  readonly #console: ConsoleContext;
  readonly #editor: ApplicationEditor;
  readonly #milliseconds: number;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(console: ConsoleContext, milliseconds = 600_000) {
    this.#console = console;
    this.#editor = new ApplicationEditor(console);
    this.#milliseconds = milliseconds;
  }

  async register(request: Conditional, id: string, half: HalfName): Promise<void> {
    await this.#change(request, id, half, (known) => [...known, runCallbackOf(this.#console)]);
    clearTimeout(this.#timers.get(id));
    const remove = () => {
      this.remove({ headers: {} }, id).catch((error) =>
        this.#console.log.warn({ application: id, error: String(error) }, 'a callback was not removed'),
      );
    };
    this.#timers.set(id, setTimeout(remove, this.#milliseconds).unref());
  }

  async remove(request: Conditional, id: string): Promise<void> {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    for (const half of halfNames) await this.#change(request, id, half, (known) => known);
  }

  /** @param change takes the callbacks without that of the console */
  async #change(
    request: Conditional,
    id: string,
    half: HalfName,
    change: (known: readonly string[]) => readonly string[],
  ): Promise<void> {
    const before = callbacksOf(await this.#editor.find(id), half);
    const changed = change(before.filter((address) => address !== runCallbackOf(this.#console)));
    if (changed.length === before.length) return;
    await this.#editor.change('application.changed', request, id, (application) => {
      const registration = patchedRegistration(application, { [half]: { [lists[half]]: changed } });
      return storedFrom(registration, application, this.#console.applications.now).application;
    });
    this.#console.changes.announceWrite('/applications');
  }
}
