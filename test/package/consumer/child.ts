import { serve } from 'plugboard/serve';
import { twice } from './twice.js';

await serve(twice);
