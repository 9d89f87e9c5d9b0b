<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko" sourcelanguage="en">
<context>
    <name>loom</name>
    <message>
        <source>Canvas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Connect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Disconnect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>new each run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>needed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>no</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Outputs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} already depends on {}: the links would go round in a circle.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Join an output to an input.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>There is no such port any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A node can&apos;t feed itself.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} can&apos;t go in here: it takes {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} can&apos;t go with {}: take parts of one family.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It gives a list of {}, and this takes one {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} min {} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} MB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} ms</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} GB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} of {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Times</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Index</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New state</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Collect</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New output</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Item</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New input</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Set {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Letters of a name in any order of words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Found nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The node type {} is not known here. What the file says of it is kept.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This port is no part of the node&apos;s type any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Locked: keeps its result whatever changes before it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Muted: left out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bypassed: hands on what it gets.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Its result is kept, so it would not run.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Would run: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>it has no result yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Takes about {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Workflows, bundles and pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Workflow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unsaved changes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latent Loom</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pack a bundle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Bundle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Export as Python</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python script</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Vector picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>All files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} has changes that are not saved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It can&apos;t be written: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a colour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>empty</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paint…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paint on the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>one shape</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>can&apos;t be read</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{}: paint</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} shapes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a file, or drop one here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Locate…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Say where it is now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A file ({}), or drop one here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A folder, or drop one here</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{}” is missing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the output folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A folder to write to</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} is not inside of {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A model in the model folders, by name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Look through the model folders again</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add the folder that has this model to the model folders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Looking for models…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>On: a value of its own. Off: none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>none</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{}: give a value</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>“{}” is not a number; it takes {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{}, slider</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>(some words)1.3, word++ and word-- weight words</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} of {} tokens</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{}; cut off: “{}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw another seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep this seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Draw a new seed for each run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep one seed for all runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>new for each run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filled in by a sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>New</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open recent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pack a bundle…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Picture of the graph…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Python script…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Graph</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run to the selected nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run several times</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run all anew</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run on every change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show what would run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>About Latent Loom</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Tools</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gallery of workflows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Quit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>For published models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} times</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Batches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Captions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Colours</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comparing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compositing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Conditioning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Control</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>DiffEdit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Denoising</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Filters</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Hooks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latents</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Opened loop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Masks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Noise</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Repeating</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Safety</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Noise schedules</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Solvers</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Trajectories</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Transforming</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>VAE</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Subgraphs of this workflow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Packs that can&apos;t be used</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search by name, what a node does, or the types it handles</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Node types</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No node fits.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Favourites</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recent</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Packs of nodes that failed to load</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Remove from favourites</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add to favourites</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Takes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gives</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>optional</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} node types</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search by prompt or name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search the gallery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures that were made</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Open its workflow</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Move to the bin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} can&apos;t be moved to the bin.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pictures of the sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use these values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} pictures over {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paint a mask</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Brush</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Feather</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cover everything</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Clear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fit the picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Fill an area</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No picture yet</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Previous picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Next picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Play</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Which picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Compare what comes with this picture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Comparison</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How the picture and the pinned one are shown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Amplification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What the difference is multiplied by</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>One pixel for one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save a copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Slide A | B</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Difference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Save a copy…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Copy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>This picture is in no file yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} can&apos;t be shown.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} can&apos;t be written.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>What runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Progress</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Cancel what runs; what is finished of it is kept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The engine is starting…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Ready</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} of about {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The queue is paused, {} waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>step {} of {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>node {} of {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Problems</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Press Enter or click to go to the node</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>No problems.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It took {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Pause</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Later</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run again, with the same seeds</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Forget what is over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nothing waits. What you run shows up here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Begin the jobs that wait</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Begin no further job</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Go on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>paused</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>preparing</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>waiting</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>failed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The queue is paused: the run waits until it goes on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Lock</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} Job {} is given up.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>{} h {} min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>running</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>done</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The settings in {} can&apos;t be read; the defaults are used.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The settings in {} are partly damaged ({}); defaults are used for these.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The settings can&apos;t be written to {}: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Settings</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Theme</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Language</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>the usual folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>all there is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How much of the device&apos;s memory a run may take</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Device memory</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>never</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>How often unsaved work is kept against a crash</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keep unsaved work every</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Run after every change</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Live mode</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Another language holds from the next start on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Model folders</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Output folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Add a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Take the folder off the list</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search it earlier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Where pictures are written</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Dark</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Light</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>A folder with models</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Search commands and keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Commands and keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Command</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Menu</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Keys</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The program ended unexpectedly. {} is here again as it was, and is not saved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Recovered</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Gallery</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Sweep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Queue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Latent Loom {}: a node editor for diffusion models.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Use a cell&apos;s values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source> {} more are in {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Unsaved work can&apos;t be kept: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>Paint {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The process that runs workflows could not be started.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The process that runs workflows was ended by the system, most likely because memory ran out.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The editor is closing.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>The process that runs workflows ended unexpectedly (code {}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <source>It is started again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
