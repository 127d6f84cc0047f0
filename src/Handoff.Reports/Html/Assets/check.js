const report = stored('report');
const sources = stored('sources');
const tone = { ok: 'good', contract: 'warn', fails: 'warn', stale: 'bad', lost: 'bad', leak: 'bad', wild: 'bad' };
const meaning = {
  ok: 'nothing goes wrong in any behaviour', contract: 'a rule of the API is broken, though this machine shows no harm', fails: 'a call returns an error',
  stale: 'a read may return an older version than the newest write before it', lost: 'a newer version is overwritten by an older one and gone',
  leak: 'somebody may read bytes that nobody shared with them', wild: 'an access outside any live mapping, after unmap, or against the direction' };
const hues = [210, 130, 30, 280, 0, 175, 55, 320, 95, 245];

const machineName = m => [m.coherent ? 'coherent' : 'noncoherent', m.forced ? 'forced' : m.outOfReach ? 'bounced' : 'direct',
  m.outOfReach && m.forced ? 'out of reach' : null, 'line' + m.line].filter(Boolean).join(', ');

// What is shown lives in the address, so that a step can be linked to.
function read() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const test = report.tests.find(t => t.name === asked.get('test')) || report.tests[0];
  if (!test) return null;
  const result = test.results.find(r => r.kernel === asked.get('kernel')) || test.results.find(r => r.verdict !== 'ok') || test.results[0];
  const verdicts = result.verdicts.map(v => v.verdict);
  const verdict = verdicts.includes(asked.get('verdict')) ? asked.get('verdict') : result.verdict;
  return { test, result, verdict, machine: asked.get('machine'), step: asked.has('step') ? Math.max(1, +asked.get('step') || 1) : null, all: asked.get('all') === '1' };
}

function link(changes) {
  const now = read();
  const to = new URLSearchParams({ test: now.test.name, kernel: now.result.kernel });
  const full = { verdict: now.verdict, machine: now.machine, step: now.step, all: now.all ? '1' : null, ...changes };
  for (const [name, value] of Object.entries(full)) if (value !== null && value !== undefined) to.set(name, value); else to.delete(name);
  return '#' + to;
}

function go(changes) { history.replaceState(null, '', link(changes)); draw(); }

function verdictButton(test, result) {
  const chosen = read();
  const frequency = (result.verdicts.find(v => v.verdict === result.verdict) || {}).frequency;
  const none = result.state === 'notApplicable';
  const errors = result.verdicts.flatMap(v => v.errors || []);
  const text = none ? '–' : result.state === 'inconclusive' && result.verdict === 'ok' ? '?' : result.verdict + (result.verdict === 'fails' && errors.length ? ' ' + errors[0] : '');
  return make('button', {
    class: 'v tag ' + (none ? 'none' : tone[result.verdict]) + (result.state === 'differs' ? ' differs' : result.state === 'inconclusive' ? ' open' : ''),
    'aria-pressed': String(chosen.test === test && chosen.result === result),
    'aria-label': `${test.name} on ${result.kernel}: ${none ? 'not applicable' : text}${frequency ? ', ' + frequency : ''}${result.state === 'differs' ? ', not as expected' : ''}`,
    title: none ? 'the test leaves none of these machines open' : meaning[result.verdict] + (frequency ? ` (${frequency})` : ''),
    onclick: () => { go({ test: test.name, kernel: result.kernel, verdict: null, machine: null, step: null }); document.getElementById('story').scrollIntoView({ block: 'nearest' }); },
  }, text);
}

function matrix() {
  const chosen = read();
  return make('section', { 'aria-label': 'Verdicts' }, make('div', { class: 'scroll' }, make('table', { id: 'matrix' },
    make('thead', {}, make('tr', {}, make('th', { scope: 'col' }, 'test'), report.kernels.map(k => make('th', { scope: 'col', title: k.description }, k.name)))),
    make('tbody', {}, report.tests.map(test => make('tr', { class: chosen.test === test ? 'chosen' : null },
      make('th', { scope: 'row', title: test.title }, test.name), test.results.map(result => make('td', {}, verdictButton(test, result)))))))));
}

// The stories of one result: per verdict the shortest, with the machine it happens on.
function storyOf(result, verdict, machine) {
  let best = null;
  for (const m of result.machines) {
    if (machine && machineName(m) !== machine) continue;
    for (const story of m.stories || []) if (story.verdict === verdict && (!best || story.steps.length < best.story.steps.length)) best = { story, machine: m };
  }
  return best;
}

function hueOf(names, name) { let i = names.indexOf(name); if (i < 0) i = names.push(name) - 1; return hues[i % hues.length]; }

function chip(names, value, isNew, dirty) {
  if (value === undefined || value === null) return make('span', { class: 'empty', title: 'not cached' }, '–');
  const old = value === 'old tenant';
  return make('span', { class: 'chip moves' + (isNew ? ' new' : '') + (dirty ? ' dirty' : '') + (old ? ' old' : ''), style: old ? null : `--h:${hueOf(names, value)}`,
    'data-v': value, title: old ? 'what an earlier owner left' : dirty ? `${value}, dirty: not in DRAM yet` : value }, old ? '⟂' : value);
}

// A device that acts at once does so within the thread that makes it act; the text says who it is.
function who(s) {
  if (s.actor === 'cache') return make('span', { class: 'who cache' }, 'the cache');
  const device = /^(\w+) (reads|writes) /.exec(s.text);
  const name = device && device[1] !== 'kernel' && device[1] !== 'user' ? device[1] : s.actor;
  return make('span', { class: 'who' + (name === s.actor ? '' : ' device') }, name);
}

function lanes(told, verdict, step, choose) {
  const steps = told.story.steps, names = [], cells = [];
  for (const s of steps) for (const c of s.cells) if (!cells.includes(c.name)) cells.push(c.name);
  cells.sort((a, b) => a.startsWith('slot 0x') - b.startsWith('slot 0x')); // buffers before slots
  const slots = cells.filter(c => c.startsWith('slot 0x'));
  const short = text => slots.reduce((t, s, i) => t.split(s).join('slot ' + i), text);
  const rows = steps.map((s, i) => {
    const before = i ? steps[i - 1].cells : [];
    const row = make('tr', { class: i + 1 === step ? 'now' : i + 1 > step ? 'later' : null, 'aria-current': i + 1 === step ? 'step' : null, onclick: () => choose(i + 1) },
      make('td', { class: 'n soft' }, String(i + 1)), make('td', { class: 'n soft' }, s.line ? String(s.line) : ''),
      make('td', {}, who(s)),
      make('td', { class: 'what' }, short(s.text), s.reason ? make('span', { class: 'reason' }, '→ ' + s.reason) : null,
        i === steps.length - 1 ? make('span', { class: 'end' }, '✗ ' + verdict) : null));
    for (const name of cells) {
      const c = s.cells.find(x => x.name === name), was = before.find(x => x.name === name);
      row.append(make('td', { class: 'lane first', 'data-lane': name + ' dram' }, c ? chip(names, c.memory, !was || was.memory !== c.memory, false) : ''),
        make('td', { class: 'lane', 'data-lane': name + ' cache' }, c ? chip(names, c.cache, !was || was.cache !== c.cache || was.dirty !== c.dirty, c.dirty) : ''));
    }
    return row;
  });
  const box = make('div', { class: 'lanes' }, make('table', {},
    make('caption', { class: 'soft' }, ''),
    make('thead', {}, make('tr', {}, ['step', 'line', 'who', 'what'].map((h, i) => make('th', { rowspan: 2, class: i < 2 ? 'n' : null, scope: 'col' }, h)),
      cells.map(c => make('th', { colspan: 2, class: 'lane', scope: 'colgroup', title: c }, short(c)))),
      make('tr', {}, cells.flatMap(() => [make('th', { class: 'half first soft', scope: 'col' }, 'DRAM'), make('th', { class: 'half soft', scope: 'col' }, 'cache')]))),
    make('tbody', {}, rows)));
  requestAnimationFrame(() => arrows(box, rows, step, (/copies (.+?) to /.exec(steps[step - 1].text) || [])[1]));
  return make('div', { class: 'scroll' }, box);
}

// An arrow from where a version was to where this step brought it.
function arrows(box, rows, step, copied) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('aria-hidden', 'true');
  svg.innerHTML = '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="context-stroke"/></marker></defs>';
  const home = box.getBoundingClientRect(), now = rows[step - 1], before = rows[step - 2];
  if (now && before) for (const target of now.querySelectorAll('.chip.new')) {
    const lane = target.parentElement.dataset.lane, value = target.dataset.v;
    const held = [...before.querySelectorAll('.chip')].filter(c => c.dataset.v === value && c.parentElement.dataset.lane !== lane);
    const cell = lane.replace(/ (dram|cache)$/, '');
    const from = held.find(c => copied && c.parentElement.dataset.lane === copied + ' cache') || held.find(c => copied && c.parentElement.dataset.lane === copied + ' dram')
      || held.find(c => c.parentElement.dataset.lane.startsWith(cell + ' ')) || held.find(c => c.parentElement.dataset.lane.endsWith('cache')) || held[0];
    if (!from) continue;
    const a = from.getBoundingClientRect(), b = target.getBoundingClientRect();
    const x1 = a.left + a.width / 2 - home.left, y1 = a.bottom - home.top, x2 = b.left + b.width / 2 - home.left, y2 = b.top - home.top - 2, mid = (y1 + y2) / 2;
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', `M${x1} ${y1}C${x1} ${mid + 6} ${x2} ${mid - 6} ${x2} ${y2}`);
    path.setAttribute('class', 'arrow'); path.setAttribute('marker-end', 'url(#tip)');
    svg.append(path);
  }
  box.append(svg);
}

function listing(test, line, found) {
  const text = sources[test.path] || '';
  return make('details', { class: 'card', open: true }, make('summary', {}, make('code', {}, test.path)),
    make('pre', { class: 'source', tabindex: 0, 'aria-label': 'source of the test' }, make('code', {}, text.replace(/\n$/, '').split('\n').map((l, i) =>
      make('span', { class: (i + 1 === line ? 'now ' : '') + (found.includes(i + 1) ? 'found' : ''), 'aria-current': i + 1 === line ? 'true' : null }, l || ' ')))));
}

function findings(result, verdict) {
  const seen = new Map();
  for (const m of result.machines) for (const f of m.findings) if (f.verdict === verdict) seen.set(f.line + f.message, f);
  return [...seen.values()];
}

// What makes the difference: changes that were tried, and after which nothing goes wrong.
function cures(result) {
  const report = result.cures;
  if (!report) return null;
  const items = report.list.map(c => make('li', { 'data-kind': c.kind }, make('span', { class: 'good' }, c.text + ': ok'),
    make('details', {}, make('summary', { class: 'soft' }, 'the change'), make('pre', { class: 'edit' }, c.edits.map(e => `${e.line}:${e.column}  ` + (e.newText.trim() || '(removed)')).join('\n')))));
  const tried = `${count(report.tried)} ${report.tried === 1 ? 'change' : 'changes'} tried` + (report.pairs ? ', alone and in pairs' : '');
  return make('section', { id: 'cures', 'aria-label': 'Cures' }, make('h3', {}, 'What would cure it'),
    items.length ? make('ul', {}, items) : null,
    make('p', { class: 'soft' }, !items.length ? (report.complete ? `Nothing simple helps (${tried}).` : `None found: a bound was reached (${tried}).`)
      : report.pairs ? `No single change helps (${tried}).` : tried));
}

function draw() {
  const now = read();
  if (!now) { main.replaceChildren(make('p', {}, 'No tests.')); return; }
  const { test, result, verdict } = now;
  const compared = now.all ? test.results.filter(r => r.state !== 'notApplicable') : [result];
  const told = compared.map(r => ({ result: r, verdict: r === result ? verdict : r.verdict })).map(t => ({ ...t, found: storyOf(t.result, t.verdict, t.result === result ? now.machine : null) }));
  const most = Math.max(1, ...told.map(t => t.found ? t.found.story.steps.length : 1));
  const step = Math.min(now.step || most, most);
  const choose = s => go({ step: Math.max(1, Math.min(most, s)) });
  const own = told.find(t => t.result === result);
  const line = own.found ? (own.found.story.steps[Math.min(step, own.found.story.steps.length) - 1] || {}).line : undefined;
  const frequency = (result.verdicts.find(v => v.verdict === verdict) || {}).frequency;
  const machines = result.machines.filter(m => (m.stories || []).some(s => s.verdict === verdict)).map(machineName);
  const hasStory = told.some(t => t.found);
  const focused = document.activeElement && document.activeElement.id;

  const tools = make('div', { class: 'tools noprint', role: 'toolbar', 'aria-label': 'Steps of the story' },
    make('button', { id: 'first', onclick: () => choose(1), disabled: step <= 1, 'aria-label': 'first step' }, '|◀'),
    make('button', { id: 'back', onclick: () => choose(step - 1), disabled: step <= 1, 'aria-label': 'step back' }, '◀'),
    make('output', { id: 'position', 'aria-live': 'polite' }, `step ${step} of ${most}`),
    make('button', { id: 'forward', onclick: () => choose(step + 1), disabled: step >= most, 'aria-label': 'step forward' }, '▶'),
    make('button', { id: 'last', onclick: () => choose(most), disabled: step >= most, 'aria-label': 'last step' }, '▶|'),
    result.verdicts.length > 1 ? make('label', {}, 'verdict ', make('select', { id: 'verdict', onchange: e => go({ verdict: e.target.value, step: null, machine: null }) },
      result.verdicts.map(v => make('option', { value: v.verdict, selected: v.verdict === verdict }, `${v.verdict} (${v.frequency})`)))) : null,
    machines.length > 1 ? make('label', {}, 'machine ', make('select', { id: 'machine', onchange: e => go({ machine: e.target.value || null, step: null }) },
      make('option', { value: '' }, 'shortest story'), machines.map(m => make('option', { value: m, selected: m === now.machine }, m)))) : null,
    test.results.length > 1 ? make('label', {}, make('input', { id: 'all', type: 'checkbox', checked: now.all, onchange: e => go({ all: e.target.checked ? '1' : null }) }), ' all kernels side by side') : null,
    make('a', { href: link({ step }), title: 'the address of this step' }, 'link'),
    make('span', { class: 'soft' }, '← → step · Home End'));

  const section = make('section', { id: 'story', 'aria-label': 'Story' },
    make('h2', {}, test.name), make('p', { class: 'soft' }, '“' + test.title + '”'),
    make('p', { class: 'noprint kernels', role: 'group', 'aria-label': 'Kernels' }, test.results.flatMap(r => [make('span', { class: 'soft' }, r.kernel + ' '), verdictButton(test, r), ' '])),
    make('p', {}, make('span', { class: 'tag ' + tone[verdict] }, verdict), frequency && verdict !== 'ok' ? ` ${frequency} — ` : ' — ', meaning[verdict],
      make('span', { class: 'soft' }, ` · on ${result.kernel}`)),
    result.mismatches.map(m => make('p', { class: 'bad' }, '✗ ' + m)),
    findings(result, verdict).map(f => make('p', { class: tone[verdict] }, `line ${f.line}: ${f.message}`, f.rule ? make('span', { class: 'soft', title: f.rule.title + '. ' + f.rule.hint }, ' ' + f.rule.id) : null)),
    hasStory ? tools : make('p', { class: 'soft' }, verdict === 'ok' ? 'There is no story to tell: every behaviour was explored and none does harm.' : 'No story was recorded.'),
    make('div', { class: 'stories' + (told.length > 1 ? ' many' : '') }, told.map(t => make('div', {},
      told.length > 1 ? make('h3', {}, t.result.kernel + ' ', make('span', { class: 'tag ' + tone[t.verdict] }, t.verdict)) : null,
      t.found ? [make('p', { class: 'soft' }, 'machine: ' + machineName(t.found.machine)), lanes(t.found, t.verdict, Math.min(step, t.found.story.steps.length), choose)]
        : make('p', { class: 'soft' }, t.verdict === 'ok' ? 'ok: nothing goes wrong.' : 'no story')))),
    hasStory ? make('p', { class: 'soft' }, '⟂ what an earlier owner left · ● dirty: not in DRAM yet · – not cached · the ring marks what a step changed') : null,
    cures(result),
    listing(test, line, findings(result, verdict).map(f => f.line)));
  main.replaceChildren(matrix(), section);
  const again = focused && document.getElementById(focused);
  if (again && !again.disabled) again.focus(); else if (focused && ['first', 'back', 'forward', 'last'].includes(focused)) (document.getElementById(step <= 1 ? 'forward' : 'back') || main).focus();
}

addEventListener('hashchange', draw);
addEventListener('resize', () => { clearTimeout(draw.later); draw.later = setTimeout(draw, 120); });
addEventListener('keydown', e => {
  if (e.altKey || e.ctrlKey || e.metaKey || /^(SELECT|INPUT|TEXTAREA)$/.test(e.target.tagName)) return;
  const id = { ArrowRight: 'forward', ArrowLeft: 'back', Home: 'first', End: 'last' }[e.key];
  const button = id && document.getElementById(id);
  if (button) { e.preventDefault(); if (!button.disabled) button.click(); }
});
draw();
