import { expect, test } from 'vitest';
import { embeddedJson, html } from './html.ts';

test('what is put in is text', () => {
  const { text } = html`<p title="${'"><script>'}">${'<b>&\'"'}</p>`;
  expect(text).toBe('<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;&amp;&#39;&quot;</p>');
});

test('markup stays markup, lists are joined, and what is absent is nothing', () => {
  const items = ['a', '<'].map((item) => html`<i>${item}</i>`);
  expect(html`${items}${undefined}${false}${0}`.text).toBe('<i>a</i><i>&lt;</i>0');
});

test('data in a script element cannot end it, and reads back as it was', () => {
  const data = { name: '</script><script>alert(1)</script><!--', line: '\u2028\u2029' };
  const { text } = embeddedJson(data);
  expect(text).not.toMatch(/[<\u2028\u2029]/);
  expect(JSON.parse(text)).toEqual(data);
});
