import './set-up'
import '@tensorflow/tfjs-core/dist/tests'
