// The warehouse's table in JavaScript: what tools/bench/bench_islands.py compares the one in Python with.

const COLUMNS = [['name', 'Tea'], ['cents', 'Price'], ['left', 'Left']]
const euros = (cents) => `€ ${(cents / 100).toFixed(2)}`

const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

export function StockTable({ rows, receive }, element) {
  let wanted = ''
  let [by, downward] = ['name', false]
  const body = make('tbody')
  const output = make('output')
  const search = make('input', { type: 'search', oninput: () => { wanted = search.value.toLowerCase(); show() } })

  const sort = (column) => {
    [by, downward] = [column, column === by && !downward]
    show()
  }

  const deliver = async (row) => {
    row.left = await receive(row.name, 10)
    show()
  }

  const line = (row) => make('tr', {}, make('td', {}, row.name), make('td', {}, euros(row.cents)), make('td', {}, row.left),
    make('td', {}, make('button', { onclick: () => deliver(row) }, '+10')))

  const show = () => {
    const shown = rows.filter((row) => row.name.toLowerCase().includes(wanted))
    shown.sort((a, b) => (a[by] < b[by] ? -1 : a[by] > b[by] ? 1 : 0) * (downward ? -1 : 1))
    body.replaceChildren(...shown.map(line))
    const sum = (of) => shown.reduce((total, row) => total + of(row), 0)
    output.textContent = `${shown.length} teas, ${sum((row) => row.left)} packets, ${euros(sum((row) => row.left * row.cents))}`
  }

  const heads = COLUMNS.map(([column, title]) => make('th', {}, make('button', { onclick: () => sort(column) }, title)))
  show()
  element.replaceChildren(make('p', {}, search), make('table', {}, make('thead', {}, make('tr', {}, ...heads)), body), make('p', {}, output))
}

export function Calls({ count, receive }, element) {
  const done = make('i')
  const run = async () => {
    for (let number = 0; number < count; number++) await receive('Assam, 50 g', 1)
    done.textContent = 'done'
  }
  element.replaceChildren(make('button', { onclick: run }, 'run'), done)
}
