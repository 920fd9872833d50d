/** Blocks of sh and PowerShell for one step stand one after another in Markdown, and as tabs on the site. */

const block = (language: string) => `\`\`\`${language}\\n(?:(?!\`\`\`).*\\n)*\`\`\`\\n`;
const pair = new RegExp(`((?:${block('sh')}\\n)+)(In PowerShell.*\\n)\\n(${block('powershell')})`, 'gm');
const alone = new RegExp(`^${block('sh')}`, 'gm');

export const tabsImport = "import { TabItem, Tabs } from '@astrojs/starlight/components';";

export const tabsOpen = '<Tabs syncKey="shell">';

const tabs = (sh: string, powershell: string) =>
  [
    tabsOpen,
    '<TabItem label="sh">',
    '',
    sh.trim(),
    '',
    '</TabItem>',
    '<TabItem label="PowerShell">',
    '',
    powershell.trim(),
    '',
    '</TabItem>',
    '</Tabs>',
    '',
  ].join('\n');

/**
 * Returns a page with tabs: where a paragraph that begins with "In PowerShell" stands between the blocks, and where the commands
 * differ only in the character that continues a line, unless the page is for Linux.
 */
export function withTabs(page: string): string {
  const isForLinux = /^sudo /m.test(page);
  const kept: string[] = [];
  const keep = (text: string) => `\0${kept.push(text) - 1}\0\n`;
  return page
    .replace(pair, (_, sh: string, sentence: string, powershell: string) =>
      keep(tabs(sh, `${sentence.replace(/^In PowerShell\. /, '')}\n${powershell}`)),
    )
    .replace(alone, (sh) => {
      const powershell = isForLinux ? undefined : powershellOf(sh);
      return powershell ? keep(tabs(sh, `Not run by our tests:\n\n${powershell}`)) : sh;
    })
    .replace(/\0(\d+)\0\n/g, (_, index: string) => kept[Number(index)] ?? '');
}

/** Translates a block with continued lines; undefined if it has none, or anything else that PowerShell reads in its own way. */
function powershellOf(sh: string): string | undefined {
  const code = sh.replace(/^```.*\n/gm, '');
  return code.includes('\\\n') && !/['$|<>&;(){}`~#=*@]|\\(?!\n)/.test(code.replaceAll(/"[^"$`]*"/g, ''))
    ? sh.replace('```sh', '```powershell').replaceAll('\\\n', '`\n')
    : undefined;
}

/** Changes a line of text so that MDX, which reads `{` and `<` as code, shows it as Markdown does. */
export const asMdx = (line: string): string =>
  line
    .split(/(`[^`]*`)/)
    .map((part, index) =>
      index % 2 === 1 ? part : part.replace(/<(https?:[^>]+)>/g, '[$1]($1)').replace(/[{<]/g, '\\$&'),
    )
    .join('');
