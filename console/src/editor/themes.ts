// What colours does the editor have? The tokens of the page, read from it: one theme for each set.

import type * as Api from 'monaco-editor/editor/editor.api';

const TOKENS: readonly (readonly [string, string])[] = [
  ['keyword', '--code-keyword'],
  ['string', '--code-string'],
  ['regexp', '--code-string'],
  ['number', '--code-number'],
  ['comment', '--code-comment'],
  ['type', '--code-type'],
  ['string.key.json', '--code-function'],
  ['string.value.json', '--code-string'],
  ['number.json', '--code-number'],
  ['keyword.json', '--code-keyword'],
  ['delimiter.bracket.json', '--text-quiet'],
  ['delimiter', '--text-quiet'],
];

const COLORS: Readonly<Record<string, string>> = {
  'editor.background': '--surface',
  'editor.foreground': '--text',
  'editorLineNumber.foreground': '--text-quiet',
  'editorLineNumber.activeForeground': '--text',
  'editorLineNumber.dimmedForeground': '--text-quiet',
  'editorCursor.foreground': '--focus',
  'editorBracketHighlight.foreground1': '--code-function',
  'editorBracketHighlight.foreground2': '--code-keyword',
  'editorBracketHighlight.foreground3': '--code-number',
  'editorBracketHighlight.foreground4': '--code-function',
  'editorBracketHighlight.foreground5': '--code-keyword',
  'editorBracketHighlight.foreground6': '--code-number',
  'editorBracketHighlight.unexpectedBracket.foreground': '--failed',
  'editorGutter.background': '--surface',
  'editorWidget.background': '--surface',
  'editorWidget.border': '--line',
  'editorHoverWidget.background': '--surface',
  'editorHoverWidget.border': '--line',
  'editorHoverWidget.foreground': '--text',
  'editorSuggestWidget.background': '--surface',
  'editorSuggestWidget.foreground': '--text',
  'editorSuggestWidget.highlightForeground': '--accent-text',
  'editorSuggestWidget.focusHighlightForeground': '--accent-text',
  'editorSuggestWidget.selectedIconForeground': '--text',
  'editorSuggestWidget.border': '--line',
  'editorSuggestWidget.selectedBackground': '--selected',
  'editorSuggestWidget.selectedForeground': '--text',
  'editorError.foreground': '--failed-fill',
  'editorWarning.foreground': '--building-fill',
  'editorInfo.foreground': '--info-fill',
  'editorStickyScroll.background': '--surface',
  'editorIndentGuide.background1': '--line',
  'input.background': '--surface',
  'input.border': '--line-strong',
  'input.foreground': '--text',
  'inputOption.activeBorder': '--focus',
  'list.hoverBackground': '--hover',
  'list.focusBackground': '--selected',
  'list.focusForeground': '--text',
  'list.highlightForeground': '--accent-text',
  'list.focusHighlightForeground': '--accent-text',
  'list.activeSelectionBackground': '--selected',
  'list.activeSelectionForeground': '--text',
  'quickInput.background': '--surface',
  'quickInput.foreground': '--text',
  'quickInputList.focusBackground': '--selected',
  'quickInputList.focusForeground': '--text',
  'quickInputList.focusIconForeground': '--text',
  'pickerGroup.foreground': '--text-quiet',
  'pickerGroup.border': '--line',
  'keybindingLabel.background': '--sunken',
  'keybindingLabel.foreground': '--text-quiet',
  'keybindingLabel.border': '--line',
  'keybindingLabel.bottomBorder': '--line-strong',
  'textLink.foreground': '--accent-text',
  'textLink.activeForeground': '--accent-text',
  'editorLink.activeForeground': '--accent-text',
  'editorGhostText.foreground': '--text-quiet',
  'editorOverviewRuler.border': '--line',
  'editorMarkerNavigation.background': '--surface',
  'peekViewEditor.background': '--sunken',
  'peekViewResult.background': '--surface',
  'peekViewTitle.background': '--surface',
  'peekView.border': '--line-strong',
  'editorIndentGuide.activeBackground1': '--line-strong',
  'diffEditor.unchangedRegionBackground': '--sunken',
  'diffEditor.unchangedRegionForeground': '--text-quiet',
  'button.background': '--accent',
  'button.foreground': '--on-accent',
  'menu.background': '--surface',
  'menu.foreground': '--text',
  'menu.selectionBackground': '--selected',
  'menu.selectionForeground': '--text',
  'menu.border': '--line',
  focusBorder: '--focus',
};

/** Their names. */
export const THEMES = { light: 'sandglass-light', dark: 'sandglass-dark' } as const;

/** Makes both themes of the tokens. */
export function defineThemes(monaco: typeof Api): void {
  const root = document.documentElement;
  const before = root.dataset['theme'];
  for (const shown of ['light', 'dark'] as const) {
    root.dataset['theme'] = shown;
    const style = getComputedStyle(root);
    const color = (token: string) => long(style.getPropertyValue(token).trim());
    monaco.editor.defineTheme(THEMES[shown], {
      base: shown === 'light' ? 'vs' : 'vs-dark',
      inherit: true,
      rules: TOKENS.map(([token, name]) => ({ token, foreground: color(name).slice(1) })),
      colors: {
        ...Object.fromEntries(Object.entries(COLORS).map(([key, name]) => [key, color(name)])),
        'editor.lineHighlightBackground': `${color('--hover')}80`,
        'editor.lineHighlightBorder': '#00000000',
        'editor.rangeHighlightBackground': `${color('--accent')}1c`,
        'editor.symbolHighlightBackground': `${color('--accent')}44`,
        'editor.selectionHighlightBackground': `${color('--accent')}2a`,
        'editor.wordHighlightStrongBackground': `${color('--accent')}33`,
        'editor.snippetTabstopHighlightBackground': `${color('--accent')}22`,
        'editor.snippetFinalTabstopHighlightBorder': color('--line-strong'),
        'editor.findMatchBackground': `${color('--accent')}66`,
        'editor.findMatchHighlightBackground': `${color('--accent')}33`,
        'editorUnnecessaryCode.opacity': '#000000aa',
        'editor.selectionBackground': `${color('--accent')}55`,
        'editor.inactiveSelectionBackground': `${color('--accent')}2a`,
        'editor.wordHighlightBackground': `${color('--accent')}22`,
        'editorBracketMatch.background': `${color('--accent')}33`,
        'editorBracketMatch.border': `${color('--focus')}`,
        // On both, one over the other, each colour of the code has a contrast of 4.5 to 1.
        'diffEditor.insertedLineBackground': `${color('--live-fill')}12`,
        'diffEditor.removedLineBackground': `${color('--failed-fill')}12`,
        'diffEditor.insertedTextBackground': `${color('--live-fill')}14`,
        'diffEditor.removedTextBackground': `${color('--failed-fill')}14`,
        'scrollbarSlider.background': `${color('--line-strong')}55`,
      },
    });
  }
  if (before === undefined) delete root.dataset['theme'];
  else root.dataset['theme'] = before;
}

/** `#fff`, which minifiers write, as `#ffffff`, which Monaco wants. */
function long(color: string): string {
  return color.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3');
}
