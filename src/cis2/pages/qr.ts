import { type Html, html, trusted } from '@alongside/kernel/html';
import { renderSVG } from 'uqr';

/** Returns a QR code. It is black on white in dark mode too, because cameras need that. */
export function qrCode(text: string, label: string): Html {
  const svg = renderSVG(text, { ecc: 'M', border: 3 }).replace('<svg ', '<svg width="240" height="240" ');
  return html`<div class="picture" role="img" aria-label="${label}">${trusted(svg)}</div>`;
}
