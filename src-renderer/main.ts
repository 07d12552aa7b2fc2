import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { openConnection } from './client/connection'
import { openTransport } from './client/open'
import { provideClient } from './client/use-client'
import './theme/base.css'
import { connectionKey } from './workbench/connection'

const connection = openConnection(openTransport)
const app = createApp(App)
app.use(createPinia())
app.provide(connectionKey, connection)
provideClient(app, connection.client, connection.generation)
app.mount('#app')
