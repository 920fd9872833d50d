import type { Browser } from './browser.ts';
import type { ChromiumSettings } from './chromium.ts';
import { launchChromium } from './chromium.ts';

/** Size and position of the panel. */
export interface PanelSettings extends ChromiumSettings {
  /** Width and height in pixels. */
  size?: { width: number; height: number };
  /** Position of its upper left corner on the screen, in pixels. */
  position?: { left: number; top: number };
}

/**
 * Imitates an embedded browser panel: a window without tabs or address bar, placed and sized by the application.
 * The profile is deleted with the window.
 *
 * A real panel is a control of the host application. Implement `Browser` for it:
 * - WebView2: create the control with a `CoreWebView2Environment` on a temporary user data folder and
 *   `IsInPrivateModeEnabled`; `open` navigates; resolve `closed` when the form closes; `close` disposes the
 *   control and deletes the folder.
 * - CEF: a browser with its own request context and an empty cache path; implement the same three members.
 * Do not add host objects, scripts, downloads or permission prompts, and show the origin of the page. Top-level
 * navigation to 127.0.0.1 must stay allowed: it reaches the Identity Agent and the callback.
 *
 * RFC 8252 section 8.12 advises against embedded panels, because the application can read what the user types.
 * They are supported because applications that use CIS need them. Prefer a separate browser.
 */
export function panelBrowser(settings: PanelSettings): Browser {
  const { size = { width: 480, height: 640 }, position } = settings;
  const flags = ['--incognito', '--deny-permission-prompts', `--window-size=${size.width},${size.height}`];
  if (position) flags.push(`--window-position=${position.left},${position.top}`);
  return { open: (url) => launchChromium(settings, url, flags) };
}
