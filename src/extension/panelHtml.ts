// Owns the panel's page: what it may load and run. Everything on it is the webview's.
import { randomBytes } from 'node:crypto';

export interface PanelPage {
  /** The webview's own source of resources, for the policy. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** The spec's URI. */
  readonly source: string;
  readonly title: string;
}

/** The page; nothing on it reaches the network. */
export function panelHtml(page: PanelPage): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${page.cspSource} 'unsafe-inline'`,
    `font-src ${page.cspSource}`,
    `img-src ${page.cspSource} data: blob:`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${escaped(page.styleUri)}">
<title>${escaped(page.title)}</title>
</head>
<body data-source="${escaped(page.source)}">
<div id="app"></div>
<script nonce="${nonce}" src="${escaped(page.scriptUri)}"></script>
</body>
</html>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c);
}
