import { OperatorError } from '@alongside/kernel/operator';
import type { Transport } from './transport-kind.ts';

/** Smartcards in the readers of this machine. Only agents that use them load the package. */
export const pcsc: Transport = {
  id: 'pcsc',
  description: 'PIV cards in the readers of this machine (PC/SC), through the package pcsc-mini',
  async open({ clock, log, settings }) {
    const { NO_SERVICE, PcscReader } = await import('./pcsc-reader.ts');
    const limit = settings.cardTimeout && settings.cardTimeout * 1000;
    const { pcscModule: module, cardReader } = settings;
    const reader = await PcscReader.open({ module, clock, log, limit, reader: cardReader });
    if (reader.state.service) return reader;
    await reader.close();
    throw new OperatorError(NO_SERVICE);
  },
};
