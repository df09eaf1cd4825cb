// The part of a web server that serves the files of a folder, and an index of each folder below.
import { closeSync, fstatSync, openSync, readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  EVHTTP_REQ_GET,
  EVHTTP_REQ_HEAD,
  type evbuffer,
  evbuffer_add_file,
  evbuffer_add_printf,
  evbuffer_free,
  evbuffer_new,
  evhttp_add_header,
  evhttp_htmlescape,
  type evhttp_request,
  evhttp_request_get_command,
  evhttp_request_get_output_headers,
  evhttp_request_get_uri,
  evhttp_send_error,
  evhttp_send_reply,
  evhttp_uri_free,
  evhttp_uri_get_path,
  evhttp_uri_parse,
  evhttp_uridecode,
  evhttp_uriencode,
  HTTP_BADMETHOD,
  HTTP_BADREQUEST,
  HTTP_NOTFOUND,
  HTTP_OK,
} from 'bitcoin-support/libevent'
import { Failed, must } from './must.js'
import type { Options } from './options.js'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  c: 'text/plain',
  h: 'text/plain',
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  gif: 'image/gif',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  pdf: 'application/pdf',
  ps: 'application/postscript',
}

/** What a file's name says of its content. */
function guessContentType(path: string): string {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase()
  return (extension !== undefined && CONTENT_TYPES[extension]) || 'application/octet-stream'
}

/** The path that a request asks for, decoded; null when it is none that is served. */
function requestedPath(req: evhttp_request): string | null {
  const decoded = evhttp_uri_parse(evhttp_request_get_uri(req))
  if (decoded === null) return null
  const path = evhttp_uridecode(evhttp_uri_get_path(decoded) || '/', 0, null)
  evhttp_uri_free(decoded)
  // Nothing above the folder, and nothing that the file system would read otherwise than we do.
  if (path === null || path.includes('\0') || path.split('/').includes('..')) return null
  return path
}

function escaped(text: string): string {
  return must(evhttp_htmlescape(text), 'evhttp_htmlescape')
}

/** Puts an index of a folder into a buffer. */
function addIndex(evb: evbuffer, folder: string, path: string): void {
  const title = escaped(path)
  evbuffer_add_printf(evb, `<!DOCTYPE html>\n<html>\n <head>\n  <meta charset='utf-8'>\n  <title>${title}</title>\n`)
  evbuffer_add_printf(evb, ` </head>\n <body>\n  <h1>${title}</h1>\n  <ul>\n`)
  const slash = path.endsWith('/') ? '' : '/'
  for (const name of readdirSync(folder).sort()) {
    const href = `${path}${slash}${name}`.split('/').map((part) => evhttp_uriencode(part, -1, 0))
    evbuffer_add_printf(evb, `    <li><a href="${href.join('/')}">${escaped(name)}</a>\n`)
  }
  evbuffer_add_printf(evb, '  </ul>\n </body>\n</html>\n')
}

/** Puts a file into a buffer, which closes the descriptor when it has sent it. */
function addFile(evb: evbuffer, path: string): void {
  const fd = openSync(path, 'r')
  // Asked again: the file that was opened may be another one than was looked at before.
  const { size } = fstatSync(fd)
  if (size > 0 && evbuffer_add_file(evb, fd, 0, size) === 0) return
  closeSync(fd)
  if (size > 0) throw new Failed('evbuffer_add_file failed')
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

/** Fills a buffer with what is at a path, and says of what type it is; null when it may not be read, or not any more. */
function addDocument(evb: evbuffer, st: Stats, wholePath: string, path: string): string | null {
  try {
    if (st.isDirectory()) {
      addIndex(evb, wholePath, path)
      return 'text/html'
    }
    addFile(evb, wholePath)
    return guessContentType(wholePath)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
    console.error((error as Error).message)
    return null
  }
}

/** Answers any request that no other callback takes. */
export function send_document_cb(req: evhttp_request, o: Options): void {
  const command = evhttp_request_get_command(req)
  if (command !== EVHTTP_REQ_GET && command !== EVHTTP_REQ_HEAD) {
    evhttp_send_error(req, HTTP_BADMETHOD, null)
    return
  }
  if (o.verbose) console.log(`Got a request for <${evhttp_request_get_uri(req)}>`)
  const path = requestedPath(req)
  if (path === null) {
    evhttp_send_error(req, HTTP_BADREQUEST, null)
    return
  }
  const wholePath = join(o.docroot, path)
  const st = statOrNull(wholePath)
  if (st === null || !(st.isDirectory() || st.isFile())) {
    evhttp_send_error(req, HTTP_NOTFOUND, 'Document was not found')
    return
  }
  const evb = must(evbuffer_new(), 'evbuffer_new')
  const type = addDocument(evb, st, wholePath, path)
  if (type === null) {
    evhttp_send_error(req, HTTP_NOTFOUND, 'Document was not found')
  } else {
    evhttp_add_header(evhttp_request_get_output_headers(req), 'Content-Type', type)
    evhttp_send_reply(req, HTTP_OK, 'OK', evb)
  }
  evbuffer_free(evb)
}
