// What a page of one's own imports: the functions of the server, by the names of their modules.
import * as client from '/_directives/client.js'
import * as actions from '/_directives/modules/shop/actions.js'

globalThis.shop = { client, actions }
document.body.dataset.ready = 'yes'
