// The panel and the token store of an Electron application, in its main process, for @alongside/client:
//   const native = createNative({ issuer, clientId, scope });
//   const signIn = () => native.signIn({ browser: electronPanel });
//   const tokens = await keptTokens({ store: electronStore(file), signIn, refresh: native.refresh });
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { BrowserWindow, safeStorage } from 'electron';

export const electronPanel = {
  async open(url) {
    // A partition without "persist:" stays in memory. No preload script: the pages get no access to the application.
    const partition = `sign-in-${Date.now()}`;
    const webPreferences = { partition, sandbox: true, contextIsolation: true, nodeIntegration: false };
    const window = new BrowserWindow({ width: 520, height: 720, webPreferences });
    window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
    const closed = once(window, 'closed').then(() => undefined);
    // A redirect aborts the first load.
    window.loadURL(url).catch(() => undefined);
    return { closed, close: async () => window.destroy() };
  },
};

/** Encrypts for the user of the operating system. */
export const electronStore = (file) => ({
  async read() {
    const sealed = await readFile(file).catch(() => undefined);
    return sealed && safeStorage.decryptString(sealed);
  },
  write: (text) => writeFile(file, safeStorage.encryptString(text), { mode: 0o600 }),
  remove: () => rm(file, { force: true }),
});
