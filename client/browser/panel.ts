import type { Browser } from './browser.ts';
import type { ChromiumSettings } from './chromium.ts';
import { launchChromium } from './chromium.ts';

/** How the panel looks. */
export interface PanelSettings extends ChromiumSettings {
  /** Width and height in pixels. */
  size?: { width: number; height: number };
  /** Where on the screen its upper left corner is, in pixels. */
  position?: { left: number; top: number };
}

/**
 * A stand-in for an embedded browser panel: a window without tabs or address bar, whose profile lives as long
 * as the window, placed and sized by the application.
 *
 * A real panel is the host application's own control. Implement `Browser` over it:
 * - WebView2: create the control with a `CoreWebView2Environment` on a temporary user data folder and
 *   `IsInPrivateModeEnabled`; `open` navigates; resolve `closed` when the form closes; `close` disposes the
 *   control and deletes the folder.
 * - CEF: a browser with its own request context and an empty cache path; the same three places.
 * Keep it without host objects, scripts of yours, downloads and permission prompts, and show the origin of the
 * page. Top-level navigation to 127.0.0.1 must stay allowed: it reaches the Identity Agent and the callback.
 *
 * RFC 8252 section 8.12 advises against embedded panels, because the application can see what is typed there.
 * They are supported because applications that use CIS need them; prefer a separate browser where you can.
 */
export function panelBrowser(settings: PanelSettings): Browser {
  const { size = { width: 480, height: 640 }, position } = settings;
  const flags = ['--incognito', '--deny-permission-prompts', `--window-size=${size.width},${size.height}`];
  if (position) flags.push(`--window-position=${position.left},${position.top}`);
  return { open: (url) => launchChromium(settings, url, flags) };
}
