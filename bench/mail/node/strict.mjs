// MJML files (arguments) to a JSON list of what the official compiler's validator says against them.
import { readFile } from 'node:fs/promises'
import mjml2html from 'mjml'

const said = []
for (const path of process.argv.slice(2)) {
  const source = await readFile(path, 'utf8')
  try {
    const { errors } = await mjml2html(source, { validationLevel: 'soft' })
    for (const error of errors) said.push({ path, line: error.line, message: error.message, tag: error.tagName })
  } catch (error) {
    said.push({ path, line: 0, message: String(error.message ?? error), tag: '' })
  }
}
console.log(JSON.stringify(said))
