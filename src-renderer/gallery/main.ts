/** A page of every widget and chart in each state. Served by the development server alone; no build contains it. */
import { createApp } from 'vue'
import '../theme/base.css'
import Gallery from './Gallery.vue'

createApp(Gallery).mount('#gallery')
