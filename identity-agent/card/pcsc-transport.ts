import { OperatorError } from '@alongside/kernel/operator';
import { loadPcsc } from './pcsc-module.ts';
import type { Transport } from './transport-kind.ts';

/** Smartcards in the readers of this machine. Their package is loaded here, by agents that want it. */
export const pcsc: Transport = {
  id: 'pcsc',
  description: 'PIV cards in the readers of this machine (PC/SC), through the package pcsc-mini',
  async open({ clock, log, settings }) {
    const module = await loadPcsc(settings.pcscModule);
    const { NO_SERVICE, PcscReader } = await import('./pcsc-reader.ts');
    const limit = settings.cardTimeout && settings.cardTimeout * 1000;
    const reader = new PcscReader({ module, clock, log, limit, reader: settings.cardReader });
    if (reader.state.service) return reader;
    await reader.close();
    throw new OperatorError(NO_SERVICE);
  },
};
