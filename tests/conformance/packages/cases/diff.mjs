// diff, strings: what differs between two texts, and patches.
import { applyPatch, createPatch, diffChars, diffLines, diffWords } from 'diff';

export async function lambda() {
  const [before, after] = ['a\nb\nc\n', 'a\nx\nc\nd\n'];
  const patch = createPatch('file', before, after);
  return {
    'characters': [diffChars('kitten', 'sitting').map(({ value, added, removed }) => (added ? '+' : removed ? '-' : '=') + value), ['-k', '+s', '=itt', '-e', '+i', '=n', '+g']],
    'words': [diffWords('the quick fox', 'the slow fox').filter((part) => part.added || part.removed).map((part) => part.value), ['quick', 'slow']],
    'lines': [diffLines(before, after).length, 5],
    'patches': [patch.split('\n').filter((line) => /^[-+@]/.test(line)), ['--- file', '+++ file', '@@ -1,3 +1,4 @@', '-b', '+x', '+d']],
    'applies': [applyPatch(before, patch), after],
  };
}
