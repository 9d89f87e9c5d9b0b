<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>loom</name>
    <message>
        <source>Canvas</source>
        <translation>画布</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>移动</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Disconnect</source>
        <translation>断开连接</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
    <message>
        <source>Go inside or edit</source>
        <translation>进入内部或编辑</translation>
    </message>
    <message>
        <source>Add {}</source>
        <translation>添加 {}</translation>
    </message>
    <message>
        <source>new each run</source>
        <translation>每次运行重新生成</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>Outputs</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>{} already depends on {}: the links would go round in a circle.</source>
        <translation>{} 已经依赖于 {}：连线会形成环路。</translation>
    </message>
    <message>
        <source>values</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Join an output to an input.</source>
        <translation>请将输出连接到输入。</translation>
    </message>
    <message>
        <source>There is no such port any more.</source>
        <translation>该端口已不存在。</translation>
    </message>
    <message>
        <source>A node can&apos;t feed itself.</source>
        <translation>节点不能连接到自身。</translation>
    </message>
    <message>
        <source>{} can&apos;t go in here: it takes {}.</source>
        <translation>{} 不能连到这里：此处接受 {}。</translation>
    </message>
    <message>
        <source>{} can&apos;t go with {}: take parts of one family.</source>
        <translation>{} 不能与 {} 搭配：请使用同一系列的部件。</translation>
    </message>
    <message>
        <source>It gives a list of {}, and this takes one {}.</source>
        <translation>它输出 {} 的列表，而此处只接受一个 {}。</translation>
    </message>
    <message>
        <source>{} min {} s</source>
        <translation>{} 分 {} 秒</translation>
    </message>
    <message>
        <source>{} MB</source>
        <translation>{} MB</translation>
    </message>
    <message>
        <source>{} ms</source>
        <translation>{} 毫秒</translation>
    </message>
    <message>
        <source>{} s</source>
        <translation>{} 秒</translation>
    </message>
    <message>
        <source>{} GB</source>
        <translation>{} GB</translation>
    </message>
    <message>
        <source>{} of {}</source>
        <translation>{} / {}</translation>
    </message>
    <message>
        <source>Times</source>
        <translation>次数</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>序号</translation>
    </message>
    <message>
        <source>New state</source>
        <translation>新状态</translation>
    </message>
    <message>
        <source>Collect</source>
        <translation>收集</translation>
    </message>
    <message>
        <source>New output</source>
        <translation>新输出</translation>
    </message>
    <message>
        <source>Each</source>
        <translation>每一项</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>项</translation>
    </message>
    <message>
        <source>New input</source>
        <translation>新输入</translation>
    </message>
    <message>
        <source>Set {}</source>
        <translation>设置 {}</translation>
    </message>
    <message>
        <source>Search nodes</source>
        <translation>搜索节点</translation>
    </message>
    <message>
        <source>Letters of a name in any order of words</source>
        <translation>输入名称中的字母，词序不限</translation>
    </message>
    <message>
        <source>Found nodes</source>
        <translation>找到的节点</translation>
    </message>
    <message>
        <source>The node type {} is not known here. What the file says of it is kept.</source>
        <translation>此处不认识节点类型 {}。文件中的内容会原样保留。</translation>
    </message>
    <message>
        <source>This port is no part of the node&apos;s type any more.</source>
        <translation>该端口已不属于此节点类型。</translation>
    </message>
    <message>
        <source>Locked: keeps its result whatever changes before it.</source>
        <translation>已锁定：无论上游如何变化都保留结果。</translation>
    </message>
    <message>
        <source>Muted: left out.</source>
        <translation>已停用：运行时略过。</translation>
    </message>
    <message>
        <source>Bypassed: hands on what it gets.</source>
        <translation>旁路：原样传递输入。</translation>
    </message>
    <message>
        <source>Its result is kept, so it would not run.</source>
        <translation>结果已缓存，因此不会运行。</translation>
    </message>
    <message>
        <source>Would run: {}</source>
        <translation>将会运行：{}</translation>
    </message>
    <message>
        <source>it has no result yet</source>
        <translation>尚无结果</translation>
    </message>
    <message>
        <source>Takes about {}</source>
        <translation>大约需要 {}</translation>
    </message>
    <message>
        <source>Workflows, bundles and pictures</source>
        <translation>工作流、打包文件和图像</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Save as</source>
        <translation>另存为</translation>
    </message>
    <message>
        <source>Workflow</source>
        <translation>工作流</translation>
    </message>
    <message>
        <source>Unsaved changes</source>
        <translation>未保存的更改</translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation>未命名</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Latent Loom</source>
        <translation>Latent Loom</translation>
    </message>
    <message>
        <source>Pack a bundle</source>
        <translation>打包</translation>
    </message>
    <message>
        <source>Bundle</source>
        <translation>打包文件</translation>
    </message>
    <message>
        <source>Export as Python</source>
        <translation>导出为 Python</translation>
    </message>
    <message>
        <source>Python script</source>
        <translation>Python 脚本</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Vector picture</source>
        <translation>矢量图</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>所有文件</translation>
    </message>
    <message>
        <source>{} has changes that are not saved.</source>
        <translation>{} 有未保存的更改。</translation>
    </message>
    <message>
        <source>It can&apos;t be written: {}.</source>
        <translation>无法写入：{}。</translation>
    </message>
    <message>
        <source>Choose a colour</source>
        <translation>选择颜色</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>空</translation>
    </message>
    <message>
        <source>Paint…</source>
        <translation>绘制…</translation>
    </message>
    <message>
        <source>Paint on the picture</source>
        <translation>在图像上绘制</translation>
    </message>
    <message>
        <source>one shape</source>
        <translation>1 个形状</translation>
    </message>
    <message>
        <source>can&apos;t be read</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>{}: paint</source>
        <translation>{}：绘制</translation>
    </message>
    <message>
        <source>{} shapes</source>
        <translation>{} 个形状</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>选择文件夹</translation>
    </message>
    <message>
        <source>Choose a file, or drop one here</source>
        <translation>选择文件，或拖放到此处</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Locate…</source>
        <translation>定位…</translation>
    </message>
    <message>
        <source>Say where it is now</source>
        <translation>指明它现在的位置</translation>
    </message>
    <message>
        <source>A file ({}), or drop one here</source>
        <translation>文件（{}），也可拖放到此处</translation>
    </message>
    <message>
        <source>A folder, or drop one here</source>
        <translation>文件夹，也可拖放到此处</translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation>选择文件</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>“{}” is missing.</source>
        <translation>缺少“{}”。</translation>
    </message>
    <message>
        <source>the output folder</source>
        <translation>输出文件夹</translation>
    </message>
    <message>
        <source>A folder to write to</source>
        <translation>要写入的文件夹</translation>
    </message>
    <message>
        <source>{} is not inside of {}.</source>
        <translation>{} 不在 {} 之内。</translation>
    </message>
    <message>
        <source>A model in the model folders, by name</source>
        <translation>模型文件夹中的模型名称</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>选择模型</translation>
    </message>
    <message>
        <source>Look through the model folders again</source>
        <translation>重新查找模型文件夹</translation>
    </message>
    <message>
        <source>Add the folder that has this model to the model folders</source>
        <translation>将包含此模型的文件夹加入模型文件夹</translation>
    </message>
    <message>
        <source>Looking for models…</source>
        <translation>正在查找模型…</translation>
    </message>
    <message>
        <source>On: a value of its own. Off: none.</source>
        <translation>开：自定义值。关：无。</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>{}: give a value</source>
        <translation>{}：指定值</translation>
    </message>
    <message>
        <source>“{}” is not a number; it takes {}.</source>
        <translation>“{}”不是数字；可接受：{}。</translation>
    </message>
    <message>
        <source>{}, slider</source>
        <translation>{}，滑块</translation>
    </message>
    <message>
        <source>(some words)1.3, word++ and word-- weight words</source>
        <translation>用 (词语)1.3、词++ 和 词-- 设置权重</translation>
    </message>
    <message>
        <source>{} of {} tokens</source>
        <translation>{} / {} 个词元</translation>
    </message>
    <message>
        <source>{}; cut off: “{}”</source>
        <translation>{}；被截断：“{}”</translation>
    </message>
    <message>
        <source>Draw another seed</source>
        <translation>随机换一个种子</translation>
    </message>
    <message>
        <source>Keep this seed</source>
        <translation>保留此种子</translation>
    </message>
    <message>
        <source>Draw a new seed for each run</source>
        <translation>每次运行使用新种子</translation>
    </message>
    <message>
        <source>Keep one seed for all runs</source>
        <translation>所有运行使用同一种子</translation>
    </message>
    <message>
        <source>new for each run</source>
        <translation>每次运行重新生成</translation>
    </message>
    <message>
        <source>Filled in by a sweep</source>
        <translation>由扫描填写</translation>
    </message>
    <message>
        <source>New</source>
        <translation>新建</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <source>Open recent</source>
        <translation>打开最近的文件</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>另存为…</translation>
    </message>
    <message>
        <source>Pack a bundle…</source>
        <translation>打包…</translation>
    </message>
    <message>
        <source>Picture of the graph…</source>
        <translation>图的图片…</translation>
    </message>
    <message>
        <source>Python script…</source>
        <translation>Python 脚本…</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>&amp;Graph</source>
        <translation>图(&amp;G)</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Run to the selected nodes</source>
        <translation>运行到所选节点</translation>
    </message>
    <message>
        <source>Run several times</source>
        <translation>多次运行</translation>
    </message>
    <message>
        <source>Run all anew</source>
        <translation>全部重新运行</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Run on every change</source>
        <translation>每次更改时运行</translation>
    </message>
    <message>
        <source>Show what would run</source>
        <translation>显示将要运行的内容</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>全屏</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>About Latent Loom</source>
        <translation>关于 Latent Loom</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>工具</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>Gallery of workflows</source>
        <translation>工作流示例</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>运行(&amp;R)</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>设置…</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>退出</translation>
    </message>
    <message>
        <source>For published models</source>
        <translation>用于公开模型</translation>
    </message>
    <message>
        <source>{} times</source>
        <translation>{} 次</translation>
    </message>
    <message>
        <source>Batches</source>
        <translation>批次</translation>
    </message>
    <message>
        <source>Captions</source>
        <translation>图像描述</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>Comparing</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Compositing</source>
        <translation>合成</translation>
    </message>
    <message>
        <source>Conditioning</source>
        <translation>条件</translation>
    </message>
    <message>
        <source>Control</source>
        <translation>控制</translation>
    </message>
    <message>
        <source>DiffEdit</source>
        <translation>DiffEdit</translation>
    </message>
    <message>
        <source>Denoising</source>
        <translation>去噪</translation>
    </message>
    <message>
        <source>Filters</source>
        <translation>滤镜</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>引导</translation>
    </message>
    <message>
        <source>Hooks</source>
        <translation>钩子</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Latents</source>
        <translation>潜变量</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Opened loop</source>
        <translation>展开的循环</translation>
    </message>
    <message>
        <source>Masks</source>
        <translation>蒙版</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>噪声</translation>
    </message>
    <message>
        <source>Repeating</source>
        <translation>重复</translation>
    </message>
    <message>
        <source>Safety</source>
        <translation>安全</translation>
    </message>
    <message>
        <source>Noise schedules</source>
        <translation>噪声调度</translation>
    </message>
    <message>
        <source>Solvers</source>
        <translation>求解器</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Add a node…</source>
        <translation>添加节点…</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>剪切</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>粘贴</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>创建副本</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>全选</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>重命名…</translation>
    </message>
    <message>
        <source>Fold</source>
        <translation>折叠</translation>
    </message>
    <message>
        <source>Run up to these nodes when all is run</source>
        <translation>全部运行时运行到这些节点</translation>
    </message>
    <message>
        <source>Zoom to fit</source>
        <translation>缩放至合适</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>Actual size</source>
        <translation>实际大小</translation>
    </message>
    <message>
        <source>Lay out</source>
        <translation>自动布局</translation>
    </message>
    <message>
        <source>Align left</source>
        <translation>左对齐</translation>
    </message>
    <message>
        <source>Align top</source>
        <translation>顶端对齐</translation>
    </message>
    <message>
        <source>Spread across</source>
        <translation>水平均匀分布</translation>
    </message>
    <message>
        <source>Spread down</source>
        <translation>垂直均匀分布</translation>
    </message>
    <message>
        <source>Make a subgraph</source>
        <translation>创建子图</translation>
    </message>
    <message>
        <source>Go out</source>
        <translation>返回外层</translation>
    </message>
    <message>
        <source>Frame with a comment</source>
        <translation>加注释框</translation>
    </message>
    <message>
        <source>Repeat these nodes</source>
        <translation>重复这些节点</translation>
    </message>
    <message>
        <source>Minimap</source>
        <translation>小地图</translation>
    </message>
    <message>
        <source>left</source>
        <translation>向左</translation>
    </message>
    <message>
        <source>right</source>
        <translation>向右</translation>
    </message>
    <message>
        <source>up</source>
        <translation>向上</translation>
    </message>
    <message>
        <source>down</source>
        <translation>向下</translation>
    </message>
    <message>
        <source>Mute</source>
        <translation>停用</translation>
    </message>
    <message>
        <source>Leave nodes out</source>
        <translation>运行时略过节点</translation>
    </message>
    <message>
        <source>Bypass</source>
        <translation>旁路</translation>
    </message>
    <message>
        <source>Hand on what nodes get</source>
        <translation>将节点的输入原样传下去</translation>
    </message>
    <message>
        <source>Keep results whatever changes before</source>
        <translation>无论上游如何变化都保留结果</translation>
    </message>
    <message>
        <source>Ask for the result</source>
        <translation>请求其结果</translation>
    </message>
    <message>
        <source>Move {}</source>
        <translation>移动 {}</translation>
    </message>
    <message>
        <source>Walk {} along links</source>
        <translation>沿连线{}移动</translation>
    </message>
    <message>
        <source>Move far {}</source>
        <translation>{}大幅移动</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Nodes that fit in between</source>
        <translation>可插入其间的节点</translation>
    </message>
    <message>
        <source>Nodes that take {}</source>
        <translation>接受 {} 的节点</translation>
    </message>
    <message>
        <source>Nodes that give {}</source>
        <translation>输出 {} 的节点</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>what was copied</source>
        <translation>复制的内容</translation>
    </message>
    <message>
        <source>Join the selected nodes from left to right by ports that fit</source>
        <translation>从左到右用匹配的端口连接所选节点</translation>
    </message>
    <message>
        <source>Menu of what is selected</source>
        <translation>所选内容的菜单</translation>
    </message>
    <message>
        <source>Join nodes</source>
        <translation>连接节点</translation>
    </message>
    <message>
        <source>Ask for results</source>
        <translation>请求结果</translation>
    </message>
    <message>
        <source>Select two nodes to join them.</source>
        <translation>请选择两个要连接的节点。</translation>
    </message>
    <message>
        <source>No output of {} fits a free input of {}.</source>
        <translation>{} 没有输出能接到 {} 的空闲输入。</translation>
    </message>
    <message>
        <source>Frame</source>
        <translation>框</translation>
    </message>
    <message>
        <source>Comment</source>
        <translation>注释</translation>
    </message>
    <message>
        <source>Repeat</source>
        <translation>重复</translation>
    </message>
    <message>
        <source>What was copied holds no nodes.</source>
        <translation>复制的内容中没有节点。</translation>
    </message>
    <message>
        <source>Run a number of times</source>
        <translation>运行指定次数</translation>
    </message>
    <message>
        <source>Run once for each item of a list</source>
        <translation>对列表的每一项各运行一次</translation>
    </message>
    <message>
        <source>Parameters shown</source>
        <translation>显示的参数</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>Blue</source>
        <translation>蓝色</translation>
    </message>
    <message>
        <source>Green</source>
        <translation>绿色</translation>
    </message>
    <message>
        <source>Amber</source>
        <translation>琥珀色</translation>
    </message>
    <message>
        <source>Red</source>
        <translation>红色</translation>
    </message>
    <message>
        <source>Violet</source>
        <translation>紫色</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>灰色</translation>
    </message>
    <message>
        <source>Run to here</source>
        <translation>运行到此处</translation>
    </message>
    <message>
        <source>Rename the port…</source>
        <translation>重命名端口…</translation>
    </message>
    <message>
        <source>Remove the port</source>
        <translation>移除端口</translation>
    </message>
    <message>
        <source>Insert a node…</source>
        <translation>插入节点…</translation>
    </message>
    <message>
        <source>Lead through a dot</source>
        <translation>经由圆点连线</translation>
    </message>
    <message>
        <source>Go to where it comes from</source>
        <translation>转到来源</translation>
    </message>
    <message>
        <source>Go to where it leads</source>
        <translation>转到去向</translation>
    </message>
    <message>
        <source>Rename the subgraph…</source>
        <translation>重命名子图…</translation>
    </message>
    <message>
        <source>As usual</source>
        <translation>按默认</translation>
    </message>
    <message>
        <source>Remove the dot</source>
        <translation>移除圆点</translation>
    </message>
    <message>
        <source>Where you are</source>
        <translation>当前位置</translation>
    </message>
    <message>
        <source>Go out to {}</source>
        <translation>返回到 {}</translation>
    </message>
    <message>
        <source>Add a picture</source>
        <translation>添加图像</translation>
    </message>
    <message>
        <source>Lead a link</source>
        <translation>调整连线路径</translation>
    </message>
    <message>
        <source>Resize</source>
        <translation>调整大小</translation>
    </message>
    <message>
        <source>Remove a port</source>
        <translation>移除端口</translation>
    </message>
    <message>
        <source>Rename a port</source>
        <translation>重命名端口</translation>
    </message>
    <message>
        <source>Rename the subgraph</source>
        <translation>重命名子图</translation>
    </message>
    <message>
        <source>Choose another folder or name.</source>
        <translation>请选择其他文件夹或名称。</translation>
    </message>
    <message>
        <source>to be given</source>
        <translation>待填写</translation>
    </message>
    <message>
        <source>{} has no output that gives {}.</source>
        <translation>{} 没有给出 {} 的输出。</translation>
    </message>
    <message>
        <source>{} has no input that takes {}.</source>
        <translation>{} 没有接受 {} 的输入。</translation>
    </message>
    <message>
        <source>Press to go there</source>
        <translation>点击前往</translation>
    </message>
    <message>
        <source>Nothing selected</source>
        <translation>未选择任何内容</translation>
    </message>
    <message>
        <source>{} nodes selected</source>
        <translation>已选择 {} 个节点</translation>
    </message>
    <message>
        <source>Its models: {}</source>
        <translation>其模型：{}</translation>
    </message>
    <message>
        <source>once for each item</source>
        <translation>每一项一次</translation>
    </message>
    <message>
        <source>as often as its input says</source>
        <translation>次数由输入决定</translation>
    </message>
    <message>
        <source>Opening {}…</source>
        <translation>正在打开 {}…</translation>
    </message>
    <message>
        <source>Missing models and files</source>
        <translation>缺少的模型和文件</translation>
    </message>
    <message>
        <source>Add a model folder…</source>
        <translation>添加模型文件夹…</translation>
    </message>
    <message>
        <source>Models in this folder are found from now on</source>
        <translation>今后会在此文件夹中查找模型</translation>
    </message>
    <message>
        <source>Locate {}</source>
        <translation>定位 {}</translation>
    </message>
    <message>
        <source>Not found: {}</source>
        <translation>未找到：{}</translation>
    </message>
    <message>
        <source>(no name)</source>
        <translation>（无名称）</translation>
    </message>
    <message>
        <source>Locate {}…</source>
        <translation>定位 {}…</translation>
    </message>
    <message>
        <source>Values</source>
        <translation>值</translation>
    </message>
    <message>
        <source>One value a line</source>
        <translation>每行一个值</translation>
    </message>
    <message>
        <source>Text file</source>
        <translation>文本文件</translation>
    </message>
    <message>
        <source>A text file with one value a line</source>
        <translation>每行一个值的文本文件</translation>
    </message>
    <message>
        <source>List</source>
        <translation>列表</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Goes along</source>
        <translation>联动</translation>
    </message>
    <message>
        <source>Axes multiply; one that goes along another moves in step with it</source>
        <translation>各轴相乘；联动的轴与另一轴同步变化</translation>
    </message>
    <message>
        <source>no other axis</source>
        <translation>无</translation>
    </message>
    <message>
        <source>From</source>
        <translation>从</translation>
    </message>
    <message>
        <source>To</source>
        <translation>到</translation>
    </message>
    <message>
        <source>In steps of</source>
        <translation>步长</translation>
    </message>
    <message>
        <source>{}, along {}</source>
        <translation>{}，与 {} 联动</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>范围</translation>
    </message>
    <message>
        <source>Choose a file.</source>
        <translation>请选择文件。</translation>
    </message>
    <message>
        <source>Write one value a line.</source>
        <translation>请每行写一个值。</translation>
    </message>
    <message>
        <source>{} … {} by {}</source>
        <translation>{} … {}，步长 {}</translation>
    </message>
    <message>
        <source>lines of {}</source>
        <translation>{} 的各行</translation>
    </message>
    <message>
        <source>Sweep {}</source>
        <translation>扫描 {}</translation>
    </message>
    <message>
        <source>“{}” is not a number.</source>
        <translation>“{}”不是数字。</translation>
    </message>
    <message>
        <source>{} values; the sweep makes {} runs.</source>
        <translation>{} 个值；扫描共运行 {} 次。</translation>
    </message>
    <message>
        <source>Add an input</source>
        <translation>添加输入</translation>
    </message>
    <message>
        <source>Add an output</source>
        <translation>添加输出</translation>
    </message>
    <message>
        <source>Type another name to rename it everywhere</source>
        <translation>输入其他名称即可全部重命名</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>上移</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>下移</translation>
    </message>
    <message>
        <source>Ports of “{}”</source>
        <translation>“{}”的端口</translation>
    </message>
    <message>
        <source>Name of the port {}</source>
        <translation>端口 {} 的名称</translation>
    </message>
    <message>
        <source>Remove {}</source>
        <translation>移除 {}</translation>
    </message>
    <message>
        <source>Nothing inside is free</source>
        <translation>内部没有空闲的端口</translation>
    </message>
    <message>
        <source>Rename {}</source>
        <translation>重命名 {}</translation>
    </message>
    <message>
        <source>Preview of the result</source>
        <translation>结果预览</translation>
    </message>
    <message>
        <source>not run</source>
        <translation>未运行</translation>
    </message>
    <message>
        <source>needs to run</source>
        <translation>需要运行</translation>
    </message>
    <message>
        <source>result is kept</source>
        <translation>结果已缓存</translation>
    </message>
    <message>
        <source>blocked by what failed before it</source>
        <translation>因上游失败而受阻</translation>
    </message>
    <message>
        <source>{}, step {} of {}</source>
        <translation>{}，第 {} / {} 步</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>Expected</source>
        <translation>预计</translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation>内存峰值</translation>
    </message>
    <message>
        <source>Show {}</source>
        <translation>显示 {}</translation>
    </message>
    <message>
        <source>Mute: leave the node out (M)</source>
        <translation>停用：运行时略过此节点 (M)</translation>
    </message>
    <message>
        <source>Bypass: hand on what comes in</source>
        <translation>旁路：将输入原样传下去</translation>
    </message>
    <message>
        <source>Lock: keep the result it has</source>
        <translation>锁定：保留现有结果</translation>
    </message>
    <message>
        <source>More</source>
        <translation>展开</translation>
    </message>
    <message>
        <source>All that is said of this node</source>
        <translation>此节点的完整说明</translation>
    </message>
    <message>
        <source>Id of the node</source>
        <translation>节点 ID</translation>
    </message>
    <message>
        <source>Id of the node: type another one to rename it</source>
        <translation>节点 ID：输入其他名称即可重命名</translation>
    </message>
    <message>
        <source>Show what is inside</source>
        <translation>显示内部</translation>
    </message>
    <message>
        <source>Less</source>
        <translation>收起</translation>
    </message>
    <message>
        <source>Inputs of the subgraph</source>
        <translation>子图的输入</translation>
    </message>
    <message>
        <source>Outputs of the subgraph</source>
        <translation>子图的输出</translation>
    </message>
    <message>
        <source>No pack that is installed has the node type “{}”. It keeps all it holds.</source>
        <translation>已安装的节点包中没有节点类型“{}”。其内容会全部保留。</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>They have no parameter in common.</source>
        <translation>它们没有共同的参数。</translation>
    </message>
    <message>
        <source>{} nodes</source>
        <translation>{} 个节点</translation>
    </message>
    <message>
        <source>The folder that has “{}”</source>
        <translation>包含“{}”的文件夹</translation>
    </message>
    <message>
        <source>Outputs that fit</source>
        <translation>匹配的输出</translation>
    </message>
    <message>
        <source>{}, handed on</source>
        <translation>{}，传给下一次</translation>
    </message>
    <message>
        <source>{}, collected</source>
        <translation>{}，收集</translation>
    </message>
    <message>
        <source>Go to {}</source>
        <translation>转到 {}</translation>
    </message>
    <message>
        <source>Cut the link from {}</source>
        <translation>断开来自 {} 的连线</translation>
    </message>
    <message>
        <source>{}, optional</source>
        <translation>{}，可选</translation>
    </message>
    <message>
        <source>goes to {}</source>
        <translation>连到 {}</translation>
    </message>
    <message>
        <source>Join {} to…</source>
        <translation>将 {} 连接到…</translation>
    </message>
    <message>
        <source>No output fits</source>
        <translation>没有匹配的输出</translation>
    </message>
    <message>
        <source>Disconnect {}</source>
        <translation>断开 {}</translation>
    </message>
    <message>
        <source>Changed; a double click on the name resets it</source>
        <translation>已更改；双击名称可重置</translation>
    </message>
    <message>
        <source>Cut the link</source>
        <translation>断开连线</translation>
    </message>
    <message>
        <source>Sweep it no more</source>
        <translation>不再扫描</translation>
    </message>
    <message>
        <source>Reset to the default</source>
        <translation>重置为默认值</translation>
    </message>
    <message>
        <source>Sweep…</source>
        <translation>参数扫描…</translation>
    </message>
    <message>
        <source>Copy the value</source>
        <translation>复制值</translation>
    </message>
    <message>
        <source>Paste a value</source>
        <translation>粘贴值</translation>
    </message>
    <message>
        <source>Where the value comes from</source>
        <translation>值的来源</translation>
    </message>
    <message>
        <source>End</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>Sweeps: click to change</source>
        <translation>扫描中：点击更改</translation>
    </message>
    <message>
        <source>Sweep… (not inside a subgraph)</source>
        <translation>参数扫描…（子图内不可用）</translation>
    </message>
    <message>
        <source>Make it a parameter of the subgraph</source>
        <translation>设为子图的参数</translation>
    </message>
    <message>
        <source>Go to the node</source>
        <translation>转到节点</translation>
    </message>
    <message>
        <source>{}: more</source>
        <translation>{}：更多</translation>
    </message>
    <message>
        <source>{} (several values)</source>
        <translation>{}（多个值）</translation>
    </message>
    <message>
        <source>Reset {}</source>
        <translation>重置 {}</translation>
    </message>
    <message>
        <source>input “{}” of the subgraph</source>
        <translation>子图的输入“{}”</translation>
    </message>
    <message>
        <source>{}; what is beyond is cut off</source>
        <translation>{}；超出部分会被截断</translation>
    </message>
    <message>
        <source>{} tokens, read in parts of {}</source>
        <translation>{} 个词元，每次读取 {} 个</translation>
    </message>
    <message>
        <source>Results asked for</source>
        <translation>请求的结果</translation>
    </message>
    <message>
        <source>Subgraphs</source>
        <translation>子图</translation>
    </message>
    <message>
        <source>Untitled workflow</source>
        <translation>未命名工作流</translation>
    </message>
    <message>
        <source>one node</source>
        <translation>1 个节点</translation>
    </message>
    <message>
        <source>Set outputs</source>
        <translation>设置输出</translation>
    </message>
    <message>
        <source>Inside of a subgraph: {}</source>
        <translation>子图内部：{}</translation>
    </message>
    <message>
        <source>Problems: {}</source>
        <translation>问题：{}</translation>
    </message>
    <message>
        <source>The workflow</source>
        <translation>工作流</translation>
    </message>
    <message>
        <source>{} more are in the panel of problems.</source>
        <translation>问题面板中还有 {} 个。</translation>
    </message>
    <message>
        <source>All that nobody reads: {}</source>
        <translation>所有末端节点：{}</translation>
    </message>
    <message>
        <source>Ask for {} no more</source>
        <translation>不再请求 {}</translation>
    </message>
    <message>
        <source>Name of the subgraph {}</source>
        <translation>子图 {} 的名称</translation>
    </message>
    <message>
        <source>Show the inside of {}</source>
        <translation>显示 {} 的内部</translation>
    </message>
    <message>
        <source>Delete {}</source>
        <translation>删除 {}</translation>
    </message>
    <message>
        <source>{} is used {} times</source>
        <translation>{} 被使用 {} 次</translation>
    </message>
    <message>
        <source>{} runs</source>
        <translation>{} 次运行</translation>
    </message>
    <message>
        <source>New window</source>
        <translation>新建窗口</translation>
    </message>
    <message>
        <source>Restart the engine</source>
        <translation>重新启动引擎</translation>
    </message>
    <message>
        <source>Next panel</source>
        <translation>下一个面板</translation>
    </message>
    <message>
        <source>Previous panel</source>
        <translation>上一个面板</translation>
    </message>
    <message>
        <source>Trajectories</source>
        <translation>轨迹</translation>
    </message>
    <message>
        <source>Transforming</source>
        <translation>变换</translation>
    </message>
    <message>
        <source>VAE</source>
        <translation>VAE</translation>
    </message>
    <message>
        <source>Subgraphs of this workflow</source>
        <translation>此工作流的子图</translation>
    </message>
    <message>
        <source>Packs that can&apos;t be used</source>
        <translation>无法使用的节点包</translation>
    </message>
    <message>
        <source>Search by name, what a node does, or the types it handles</source>
        <translation>按名称、功能或所处理的类型搜索</translation>
    </message>
    <message>
        <source>Node types</source>
        <translation>节点类型</translation>
    </message>
    <message>
        <source>No node fits.</source>
        <translation>没有匹配的节点。</translation>
    </message>
    <message>
        <source>Favourites</source>
        <translation>收藏</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>最近</translation>
    </message>
    <message>
        <source>Packs of nodes that failed to load</source>
        <translation>加载失败的节点包</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Remove from favourites</source>
        <translation>从收藏中移除</translation>
    </message>
    <message>
        <source>Add to favourites</source>
        <translation>加入收藏</translation>
    </message>
    <message>
        <source>Takes</source>
        <translation>输入</translation>
    </message>
    <message>
        <source>Gives</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>optional</source>
        <translation>可选</translation>
    </message>
    <message>
        <source>{} node types</source>
        <translation>{} 种节点</translation>
    </message>
    <message>
        <source>Search by prompt or name</source>
        <translation>按提示词或名称搜索</translation>
    </message>
    <message>
        <source>Search the gallery</source>
        <translation>搜索图库</translation>
    </message>
    <message>
        <source>Pictures that were made</source>
        <translation>已生成的图像</translation>
    </message>
    <message>
        <source>Open its workflow</source>
        <translation>打开其工作流</translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation>显示文件夹</translation>
    </message>
    <message>
        <source>Move to the bin</source>
        <translation>移到回收站</translation>
    </message>
    <message>
        <source>{} can&apos;t be moved to the bin.</source>
        <translation>无法将 {} 移到回收站。</translation>
    </message>
    <message>
        <source>Pictures of the sweep</source>
        <translation>扫描的图像</translation>
    </message>
    <message>
        <source>Use these values</source>
        <translation>使用这些值</translation>
    </message>
    <message>
        <source>{} pictures over {}</source>
        <translation>{} 张图像，轴：{}</translation>
    </message>
    <message>
        <source>Paint a mask</source>
        <translation>绘制蒙版</translation>
    </message>
    <message>
        <source>There is no picture to paint on yet: run the workflow to see it.</source>
        <translation>还没有可供绘制的图片：运行工作流后即可看到。</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Feather</source>
        <translation>羽化</translation>
    </message>
    <message>
        <source>How wide the brush is ([ and ])</source>
        <translation>画笔宽度（[ 和 ]）</translation>
    </message>
    <message>
        <source>How far the edges of the mask are blurred</source>
        <translation>蒙版边缘的模糊程度</translation>
    </message>
    <message>
        <source>What you have painted is not taken over yet.</source>
        <translation>所绘内容尚未应用。</translation>
    </message>
    <message>
        <source>Cover everything</source>
        <translation>全部覆盖</translation>
    </message>
    <message>
        <source>Invert</source>
        <translation>反转</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>Fit the picture</source>
        <translation>适应图像</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>橡皮擦</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation>椭圆</translation>
    </message>
    <message>
        <source>Fill an area</source>
        <translation>填充区域</translation>
    </message>
    <message>
        <source>No picture yet</source>
        <translation>尚无图像</translation>
    </message>
    <message>
        <source>Take step {}</source>
        <translation>取用第 {} 步</translation>
    </message>
    <message>
        <source>Previous picture</source>
        <translation>上一张图像</translation>
    </message>
    <message>
        <source>Next picture</source>
        <translation>下一张图像</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>播放</translation>
    </message>
    <message>
        <source>Which picture</source>
        <translation>哪张图像</translation>
    </message>
    <message>
        <source>Compare what comes with this picture</source>
        <translation>将后续结果与此图像比较</translation>
    </message>
    <message>
        <source>Comparison</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>How the picture and the pinned one are shown</source>
        <translation>图像与固定图像的显示方式</translation>
    </message>
    <message>
        <source>Amplification</source>
        <translation>放大倍数</translation>
    </message>
    <message>
        <source>What the difference is multiplied by</source>
        <translation>差异所乘的倍数</translation>
    </message>
    <message>
        <source>One pixel for one</source>
        <translation>像素 1:1</translation>
    </message>
    <message>
        <source>Take this step as latents</source>
        <translation>将此步取作潜变量</translation>
    </message>
    <message>
        <source>Save a copy</source>
        <translation>保存副本</translation>
    </message>
    <message>
        <source>No picture yet.
{} runs the workflow.</source>
        <translation>还没有图片。
按 {} 运行工作流。</translation>
    </message>
    <message>
        <source>This</source>
        <translation>当前图像</translation>
    </message>
    <message>
        <source>Slide A | B</source>
        <translation>滑动 A | B</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>Save a copy…</source>
        <translation>保存副本…</translation>
    </message>
    <message>
        <source>{} can&apos;t be written: {}.</source>
        <translation>无法写入 {}：{}。</translation>
    </message>
    <message>
        <source>Cancelling… Run ▸ Restart the engine ends it at once</source>
        <translation>正在取消… “运行 ▸ 重新启动引擎”可立即结束</translation>
    </message>
    <message>
        <source>The engine does not start. Run restarts it.</source>
        <translation>引擎无法启动。运行时会重新启动。</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
    <message>
        <source>A job from before goes on.</source>
        <translation>先前的一个任务继续进行。</translation>
    </message>
    <message>
        <source>{} jobs from before go on.</source>
        <translation>先前的 {} 个任务继续进行。</translation>
    </message>
    <message>
        <source>On a graphics card: the first run takes minutes longer, later ones less</source>
        <translation>在显卡上：首次运行会多花几分钟，之后的运行更快</translation>
    </message>
    <message>
        <source>On a graphics card: float32 products are rounded to 10 bits, about 0.001 off</source>
        <translation>在显卡上：float32 乘法舍入到 10 位，误差约 0.001</translation>
    </message>
    <message>
        <source>Compile layers</source>
        <translation>编译层</translation>
    </message>
    <message>
        <source>TensorFloat-32</source>
        <translation>TensorFloat-32</translation>
    </message>
    <message>
        <source>Look elsewhere</source>
        <translation>查看别处</translation>
    </message>
    <message>
        <source>Middle button, or Space and drag</source>
        <translation>中键，或按住空格拖动</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>滚轮</translation>
    </message>
    <message>
        <source>Search for a node</source>
        <translation>搜索节点</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>双击</translation>
    </message>
    <message>
        <source>Nodes that fit a link</source>
        <translation>适合连线的节点</translation>
    </message>
    <message>
        <source>Drop the link on nothing</source>
        <translation>将连线放到空白处</translation>
    </message>
    <message>
        <source>Add to a selection</source>
        <translation>添加到选择</translation>
    </message>
    <message>
        <source>Shift or Ctrl and click, or drag an area</source>
        <translation>按住 Shift 或 Ctrl 单击，或拖出区域</translation>
    </message>
    <message>
        <source>Put a node into a link</source>
        <translation>将节点插入连线</translation>
    </message>
    <message>
        <source>Drop the node on the link</source>
        <translation>将节点放到连线上</translation>
    </message>
    <message>
        <source>Lead a link through a dot</source>
        <translation>让连线经过一个点</translation>
    </message>
    <message>
        <source>Double click on the link</source>
        <translation>双击连线</translation>
    </message>
    <message>
        <source>Cut links</source>
        <translation>剪断连线</translation>
    </message>
    <message>
        <source>Ctrl and drag with the right button</source>
        <translation>按住 Ctrl 用右键拖动</translation>
    </message>
    <message>
        <source>Another link from an input</source>
        <translation>从输入引出另一条连线</translation>
    </message>
    <message>
        <source>Shift and drag from it</source>
        <translation>按住 Shift 从它拖出</translation>
    </message>
    <message>
        <source>Move off the grid</source>
        <translation>脱离网格移动</translation>
    </message>
    <message>
        <source>Alt and drag</source>
        <translation>按住 Alt 拖动</translation>
    </message>
    <message>
        <source>Change a number</source>
        <translation>更改数字</translation>
    </message>
    <message>
        <source>Drag over it; finer with Shift, faster with Ctrl</source>
        <translation>在其上拖动；Shift 更精细，Ctrl 更快</translation>
    </message>
    <message>
        <source>{} is here again as it was, and is not saved.</source>
        <translation>{} 已按原样恢复，尚未保存。</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>This picture is in no file yet.</source>
        <translation>此图像尚未保存为文件。</translation>
    </message>
    <message>
        <source>{} can&apos;t be shown.</source>
        <translation>无法显示 {}。</translation>
    </message>
    <message>
        <source>{} can&apos;t be written.</source>
        <translation>无法写入 {}。</translation>
    </message>
    <message>
        <source>What runs</source>
        <translation>正在运行的内容</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Cancel what runs; what is finished of it is kept</source>
        <translation>取消运行；已完成的部分会保留</translation>
    </message>
    <message>
        <source>The engine is starting…</source>
        <translation>引擎正在启动…</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>准备中</translation>
    </message>
    <message>
        <source>{} of about {}</source>
        <translation>{} / 约 {}</translation>
    </message>
    <message>
        <source>The queue is paused, {} waiting</source>
        <translation>队列已暂停，{} 个等待中</translation>
    </message>
    <message>
        <source>{} waiting</source>
        <translation>{} 个等待中</translation>
    </message>
    <message>
        <source>step {} of {}</source>
        <translation>第 {} / {} 步</translation>
    </message>
    <message>
        <source>node {} of {}</source>
        <translation>节点 {} / {}</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>问题</translation>
    </message>
    <message>
        <source>Press Enter or click to go to the node</source>
        <translation>按 Enter 或点击转到节点</translation>
    </message>
    <message>
        <source>No problems.</source>
        <translation>没有问题。</translation>
    </message>
    <message>
        <source>It took {}.</source>
        <translation>用时 {}。</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>提前</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>推后</translation>
    </message>
    <message>
        <source>Run again, with the same seeds</source>
        <translation>用相同的种子再次运行</translation>
    </message>
    <message>
        <source>Forget what is over</source>
        <translation>清除已结束的任务</translation>
    </message>
    <message>
        <source>Nothing waits. What you run shows up here.</source>
        <translation>没有等待的任务。运行的内容会显示在这里。</translation>
    </message>
    <message>
        <source>Begin the jobs that wait</source>
        <translation>开始等待的任务</translation>
    </message>
    <message>
        <source>Begin no further job</source>
        <translation>不再开始新任务</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>preparing</source>
        <translation>准备中</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>等待中</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>{} file</source>
        <translation>{} 个文件</translation>
    </message>
    <message>
        <source>{} files</source>
        <translation>{} 个文件</translation>
    </message>
    <message>
        <source>The queue is paused: the run waits until it goes on.</source>
        <translation>队列已暂停：运行将等待队列恢复。</translation>
    </message>
    <message>
        <source>Lock</source>
        <translation>锁定</translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation>解锁</translation>
    </message>
    <message>
        <source>{} Job {} is given up.</source>
        <translation>{} 已放弃任务 {}。</translation>
    </message>
    <message>
        <source>{} h {} min</source>
        <translation>{} 小时 {} 分</translation>
    </message>
    <message>
        <source>running</source>
        <translation>运行中</translation>
    </message>
    <message>
        <source>done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <source>{} node to run</source>
        <translation>{} 个节点待运行</translation>
    </message>
    <message>
        <source>{} nodes to run</source>
        <translation>{} 个节点待运行</translation>
    </message>
    <message>
        <source>about {}</source>
        <translation>约 {}</translation>
    </message>
    <message>
        <source>The settings in {} can&apos;t be read; the defaults are used.</source>
        <translation>无法读取 {} 中的设置；将使用默认值。</translation>
    </message>
    <message>
        <source>The settings in {} are partly damaged ({}); defaults are used for these.</source>
        <translation>{} 中的设置部分损坏（{}）；这些项将使用默认值。</translation>
    </message>
    <message>
        <source>The settings can&apos;t be written to {}: {}.</source>
        <translation>无法将设置写入 {}：{}。</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>the usual folder</source>
        <translation>默认文件夹</translation>
    </message>
    <message>
        <source>all there is</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>How much of the device&apos;s memory a run may take</source>
        <translation>一次运行可使用的设备内存</translation>
    </message>
    <message>
        <source>Device memory</source>
        <translation>设备内存</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>How often unsaved work is kept against a crash</source>
        <translation>为防崩溃而保留未保存工作的间隔</translation>
    </message>
    <message>
        <source>Keep unsaved work every</source>
        <translation>保留未保存工作的间隔</translation>
    </message>
    <message>
        <source>Run after every change</source>
        <translation>每次更改后运行</translation>
    </message>
    <message>
        <source>Live mode</source>
        <translation>实时模式</translation>
    </message>
    <message>
        <source>Another language holds from the next start on.</source>
        <translation>语言将在下次启动时生效。</translation>
    </message>
    <message>
        <source>Model folders</source>
        <translation>模型文件夹</translation>
    </message>
    <message>
        <source>Output folder</source>
        <translation>输出文件夹</translation>
    </message>
    <message>
        <source>Add a folder</source>
        <translation>添加文件夹</translation>
    </message>
    <message>
        <source>Take the folder off the list</source>
        <translation>从列表中移除文件夹</translation>
    </message>
    <message>
        <source>Search it earlier</source>
        <translation>优先查找</translation>
    </message>
    <message>
        <source>Where pictures are written</source>
        <translation>图像的保存位置</translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>A folder with models</source>
        <translation>包含模型的文件夹</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>Search commands and keys</source>
        <translation>搜索命令和按键</translation>
    </message>
    <message>
        <source>Commands and keys</source>
        <translation>命令和按键</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>菜单</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>节点</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>属性</translation>
    </message>
    <message>
        <source>Recovered</source>
        <translation>已恢复</translation>
    </message>
    <message>
        <source>Gallery</source>
        <translation>图库</translation>
    </message>
    <message>
        <source>Sweep</source>
        <translation>参数扫描</translation>
    </message>
    <message>
        <source>The program ended unexpectedly.</source>
        <translation>程序意外退出。</translation>
    </message>
    <message>
        <source>Other work that was not saved is in these files:</source>
        <translation>其他未保存的工作在这些文件中：</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>队列</translation>
    </message>
    <message>
        <source>Latent Loom {}: a node editor for diffusion models.</source>
        <translation>Latent Loom {}：扩散模型的节点编辑器。</translation>
    </message>
    <message>
        <source>Use a cell&apos;s values</source>
        <translation>使用单元格的值</translation>
    </message>
    <message>
        <source>Unsaved work can&apos;t be kept: {}.</source>
        <translation>无法保留未保存的工作：{}。</translation>
    </message>
    <message>
        <source>Paint {}</source>
        <translation>绘制 {}</translation>
    </message>
    <message>
        <source>The process that runs workflows could not be started.</source>
        <translation>无法启动运行工作流的进程。</translation>
    </message>
    <message>
        <source>The process that runs workflows was ended by the system, most likely because memory ran out.</source>
        <translation>运行工作流的进程被系统终止，很可能是内存不足。</translation>
    </message>
    <message>
        <source>The editor is closing.</source>
        <translation>编辑器正在关闭。</translation>
    </message>
    <message>
        <source>The process that runs workflows was ended.</source>
        <translation>运行工作流的进程已结束。</translation>
    </message>
    <message>
        <source>The process that runs workflows ended unexpectedly (code {}).</source>
        <translation>运行工作流的进程意外结束（代码 {}）。</translation>
    </message>
    <message>
        <source>It is started again.</source>
        <translation>正在重新启动。</translation>
    </message>
</context>
<context>
    <name>nodes</name>
    <message>
        <source>Record attention</source>
        <translation>记录注意力</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>End</source>
        <translation>结束</translation>
    </message>
    <message>
        <source>Hook</source>
        <translation>钩子</translation>
    </message>
    <message>
        <source>Attention by word</source>
        <translation>按词的注意力</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>分词器</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>文本</translation>
    </message>
    <message>
        <source>Words</source>
        <translation>词语</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>多张图像</translation>
    </message>
    <message>
        <source>Masks</source>
        <translation>多个蒙版</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Join batches</source>
        <translation>合并批次</translation>
    </message>
    <message>
        <source>Batches</source>
        <translation>批次</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>批次</translation>
    </message>
    <message>
        <source>Split batch</source>
        <translation>拆分批次</translation>
    </message>
    <message>
        <source>Pick one</source>
        <translation>选取一个</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>Part of batch</source>
        <translation>批次的一部分</translation>
    </message>
    <message>
        <source>First</source>
        <translation>第一</translation>
    </message>
    <message>
        <source>Count</source>
        <translation>数量</translation>
    </message>
    <message>
        <source>Reverse batch</source>
        <translation>反转批次</translation>
    </message>
    <message>
        <source>Repeat batch</source>
        <translation>重复批次</translation>
    </message>
    <message>
        <source>Times</source>
        <translation>次数</translation>
    </message>
    <message>
        <source>Load captioner</source>
        <translation>加载图像描述模型</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Captioner</source>
        <translation>图像描述模型</translation>
    </message>
    <message>
        <source>Load text generator</source>
        <translation>加载文本生成器</translation>
    </message>
    <message>
        <source>Text generator</source>
        <translation>文本生成器</translation>
    </message>
    <message>
        <source>Caption</source>
        <translation>图像描述</translation>
    </message>
    <message>
        <source>Begin</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Most</source>
        <translation>最多</translation>
    </message>
    <message>
        <source>Variations of a text</source>
        <translation>文本变体</translation>
    </message>
    <message>
        <source>Generator</source>
        <translation>生成器</translation>
    </message>
    <message>
        <source>Request</source>
        <translation>请求</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Top k</source>
        <translation>Top k</translation>
    </message>
    <message>
        <source>Adjust</source>
        <translation>调整</translation>
    </message>
    <message>
        <source>Brightness</source>
        <translation>亮度</translation>
    </message>
    <message>
        <source>Contrast</source>
        <translation>对比度</translation>
    </message>
    <message>
        <source>Saturation</source>
        <translation>饱和度</translation>
    </message>
    <message>
        <source>Gamma</source>
        <translation>伽马</translation>
    </message>
    <message>
        <source>To grey</source>
        <translation>转为灰度</translation>
    </message>
    <message>
        <source>Invert colours</source>
        <translation>反色</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>Second</source>
        <translation>第二</translation>
    </message>
    <message>
        <source>Largest</source>
        <translation>最大</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>均值</translation>
    </message>
    <message>
        <source>PSNR</source>
        <translation>PSNR</translation>
    </message>
    <message>
        <source>SSIM</source>
        <translation>SSIM</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>Gain</source>
        <translation>增益</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>并排</translation>
    </message>
    <message>
        <source>First name</source>
        <translation>第一个名称</translation>
    </message>
    <message>
        <source>Second name</source>
        <translation>第二个名称</translation>
    </message>
    <message>
        <source>Slider</source>
        <translation>滑块</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Histogram</source>
        <translation>直方图</translation>
    </message>
    <message>
        <source>Numbers</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>Composite</source>
        <translation>合成</translation>
    </message>
    <message>
        <source>Base</source>
        <translation>底图</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>图层</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>蒙版</translation>
    </message>
    <message>
        <source>X</source>
        <translation>X</translation>
    </message>
    <message>
        <source>Y</source>
        <translation>Y</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>不透明度</translation>
    </message>
    <message>
        <source>Blend</source>
        <translation>混合模式</translation>
    </message>
    <message>
        <source>Labelled grid</source>
        <translation>带标签的网格</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>列数</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
    <message>
        <source>Enlarge</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Inpainting channels</source>
        <translation>局部重绘通道</translation>
    </message>
    <message>
        <source>VAE</source>
        <translation>VAE</translation>
    </message>
    <message>
        <source>Extra channels</source>
        <translation>额外通道</translation>
    </message>
    <message>
        <source>Picture to edit</source>
        <translation>待编辑的图像</translation>
    </message>
    <message>
        <source>Depth channel</source>
        <translation>深度通道</translation>
    </message>
    <message>
        <source>Depth</source>
        <translation>深度</translation>
    </message>
    <message>
        <source>Latents</source>
        <translation>潜变量</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Conditioning</source>
        <translation>条件</translation>
    </message>
    <message>
        <source>Picture to enlarge</source>
        <translation>待放大的图像</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>噪声</translation>
    </message>
    <message>
        <source>Scheduler</source>
        <translation>调度器</translation>
    </message>
    <message>
        <source>Noise level</source>
        <translation>噪声水平</translation>
    </message>
    <message>
        <source>Latents to enlarge</source>
        <translation>待放大的潜变量</translation>
    </message>
    <message>
        <source>UNet</source>
        <translation>UNet</translation>
    </message>
    <message>
        <source>Load ControlNet</source>
        <translation>加载 ControlNet</translation>
    </message>
    <message>
        <source>Variant</source>
        <translation>变体</translation>
    </message>
    <message>
        <source>Load T2I-Adapter</source>
        <translation>加载 T2I-Adapter</translation>
    </message>
    <message>
        <source>ControlNet</source>
        <translation>ControlNet</translation>
    </message>
    <message>
        <source>Hint</source>
        <translation>提示图</translation>
    </message>
    <message>
        <source>Guess</source>
        <translation>猜测</translation>
    </message>
    <message>
        <source>Control</source>
        <translation>控制</translation>
    </message>
    <message>
        <source>T2I-Adapter</source>
        <translation>T2I-Adapter</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>适配器</translation>
    </message>
    <message>
        <source>Denoise</source>
        <translation>去噪</translation>
    </message>
    <message>
        <source>Positive</source>
        <translation>正面</translation>
    </message>
    <message>
        <source>Negative</source>
        <translation>负面</translation>
    </message>
    <message>
        <source>Guide</source>
        <translation>引导</translation>
    </message>
    <message>
        <source>Hooks</source>
        <translation>钩子</translation>
    </message>
    <message>
        <source>Controls</source>
        <translation>控制</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>预览</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>引导强度</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>Trajectory</source>
        <translation>轨迹</translation>
    </message>
    <message>
        <source>Denoise a picture</source>
        <translation>对图像去噪</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>Denoise on</source>
        <translation>继续去噪</translation>
    </message>
    <message>
        <source>Mask of a difference</source>
        <translation>由差异生成蒙版</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>来源</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>Maps</source>
        <translation>图</translation>
    </message>
    <message>
        <source>Ratio</source>
        <translation>比例</translation>
    </message>
    <message>
        <source>Invert</source>
        <translation>反转</translation>
    </message>
    <message>
        <source>Follow outside the mask</source>
        <translation>跟随蒙版之外</translation>
    </message>
    <message>
        <source>Denoise an inversion</source>
        <translation>对反演去噪</translation>
    </message>
    <message>
        <source>Keep outside the mask</source>
        <translation>保留蒙版之外</translation>
    </message>
    <message>
        <source>Blur</source>
        <translation>模糊</translation>
    </message>
    <message>
        <source>Radius</source>
        <translation>半径</translation>
    </message>
    <message>
        <source>Sharpen</source>
        <translation>锐化</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>数量</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>阈值</translation>
    </message>
    <message>
        <source>Canny edges</source>
        <translation>Canny 边缘</translation>
    </message>
    <message>
        <source>Low</source>
        <translation>下限</translation>
    </message>
    <message>
        <source>High</source>
        <translation>上限</translation>
    </message>
    <message>
        <source>Classifier-free guidance</source>
        <translation>无分类器引导</translation>
    </message>
    <message>
        <source>Rescale</source>
        <translation>重缩放</translation>
    </message>
    <message>
        <source>Guidance ramp</source>
        <translation>引导渐变</translation>
    </message>
    <message>
        <source>Last</source>
        <translation>最后</translation>
    </message>
    <message>
        <source>Picture and instruction</source>
        <translation>图像与指令</translation>
    </message>
    <message>
        <source>Picture scale</source>
        <translation>图像强度</translation>
    </message>
    <message>
        <source>Block caching</source>
        <translation>块缓存</translation>
    </message>
    <message>
        <source>Every</source>
        <translation>间隔</translation>
    </message>
    <message>
        <source>Branch</source>
        <translation>分支</translation>
    </message>
    <message>
        <source>Token merging</source>
        <translation>词元合并</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>层级数</translation>
    </message>
    <message>
        <source>Picks</source>
        <translation>选取方式</translation>
    </message>
    <message>
        <source>Load picture</source>
        <translation>加载图像</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Alpha</source>
        <translation>Alpha</translation>
    </message>
    <message>
        <source>Load pictures</source>
        <translation>加载多张图像</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Pattern</source>
        <translation>模式</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>宽度</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>高度</translation>
    </message>
    <message>
        <source>How</source>
        <translation>方式</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>滤波</translation>
    </message>
    <message>
        <source>Names</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Save picture</source>
        <translation>保存图像</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>质量</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>尺寸</translation>
    </message>
    <message>
        <source>Grid</source>
        <translation>网格</translation>
    </message>
    <message>
        <source>Empty latents</source>
        <translation>空潜变量</translation>
    </message>
    <message>
        <source>Pixels to picture</source>
        <translation>像素转图像</translation>
    </message>
    <message>
        <source>Join latents</source>
        <translation>合并潜变量</translation>
    </message>
    <message>
        <source>Load model</source>
        <translation>加载模型</translation>
    </message>
    <message>
        <source>Data type</source>
        <translation>数据类型</translation>
    </message>
    <message>
        <source>Prediction</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Vocabulary</source>
        <translation>词表</translation>
    </message>
    <message>
        <source>Text encoder</source>
        <translation>文本编码器</translation>
    </message>
    <message>
        <source>Load SDXL model</source>
        <translation>加载 SDXL 模型</translation>
    </message>
    <message>
        <source>Text encoder 2</source>
        <translation>文本编码器 2</translation>
    </message>
    <message>
        <source>Tokenizer 2</source>
        <translation>分词器 2</translation>
    </message>
    <message>
        <source>Load UNet</source>
        <translation>加载 UNet</translation>
    </message>
    <message>
        <source>Load VAE</source>
        <translation>加载 VAE</translation>
    </message>
    <message>
        <source>Load text encoder</source>
        <translation>加载文本编码器</translation>
    </message>
    <message>
        <source>Which</source>
        <translation>选择</translation>
    </message>
    <message>
        <source>Load tokenizer</source>
        <translation>加载分词器</translation>
    </message>
    <message>
        <source>Load scheduler</source>
        <translation>加载调度器</translation>
    </message>
    <message>
        <source>Begin a run</source>
        <translation>开始采样</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Predict</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Mix predictions</source>
        <translation>混合预测</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>占比</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>一步</translation>
    </message>
    <message>
        <source>Switch solver</source>
        <translation>切换求解器</translation>
    </message>
    <message>
        <source>From step on</source>
        <translation>从此步开始</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>之前</translation>
    </message>
    <message>
        <source>After</source>
        <translation>之后</translation>
    </message>
    <message>
        <source>Latents of a run</source>
        <translation>采样的潜变量</translation>
    </message>
    <message>
        <source>Picture so far</source>
        <translation>当前图像</translation>
    </message>
    <message>
        <source>Draw mask</source>
        <translation>绘制蒙版</translation>
    </message>
    <message>
        <source>Like</source>
        <translation>参照</translation>
    </message>
    <message>
        <source>Shapes</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>Picture to mask</source>
        <translation>图像转蒙版</translation>
    </message>
    <message>
        <source>Mask from colour</source>
        <translation>由颜色生成蒙版</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>Tolerance</source>
        <translation>容差</translation>
    </message>
    <message>
        <source>Softness</source>
        <translation>柔和度</translation>
    </message>
    <message>
        <source>Padding</source>
        <translation>边距</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>Top</source>
        <translation>上</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>Bottom</source>
        <translation>下</translation>
    </message>
    <message>
        <source>Feather</source>
        <translation>羽化</translation>
    </message>
    <message>
        <source>Grow or shrink</source>
        <translation>扩展或收缩</translation>
    </message>
    <message>
        <source>Pixels</source>
        <translation>像素</translation>
    </message>
    <message>
        <source>Combine masks</source>
        <translation>合并蒙版</translation>
    </message>
    <message>
        <source>Fill holes</source>
        <translation>填补空洞</translation>
    </message>
    <message>
        <source>Mask to picture</source>
        <translation>蒙版转图像</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>值</translation>
    </message>
    <message>
        <source>Seeds</source>
        <translation>多个种子</translation>
    </message>
    <message>
        <source>Others</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>Load safety checker</source>
        <translation>加载安全检查器</translation>
    </message>
    <message>
        <source>Safety checker</source>
        <translation>安全检查器</translation>
    </message>
    <message>
        <source>Checker</source>
        <translation>检查器</translation>
    </message>
    <message>
        <source>Blanked</source>
        <translation>已遮盖</translation>
    </message>
    <message>
        <source>Watermark</source>
        <translation>水印</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Read watermark</source>
        <translation>读取水印</translation>
    </message>
    <message>
        <source>Bits</source>
        <translation>比特</translation>
    </message>
    <message>
        <source>Equal</source>
        <translation>相等</translation>
    </message>
    <message>
        <source>Agreement</source>
        <translation>一致度</translation>
    </message>
    <message>
        <source>Solver by name</source>
        <translation>按名称选择求解器</translation>
    </message>
    <message>
        <source>Chosen steps</source>
        <translation>选定的步</translation>
    </message>
    <message>
        <source>Timesteps</source>
        <translation>时间步</translation>
    </message>
    <message>
        <source>Sigmas</source>
        <translation>Sigma 序列</translation>
    </message>
    <message>
        <source>Noise schedule</source>
        <translation>噪声调度</translation>
    </message>
    <message>
        <source>Betas</source>
        <translation>Beta 序列</translation>
    </message>
    <message>
        <source>Beta start</source>
        <translation>Beta 初值</translation>
    </message>
    <message>
        <source>Beta end</source>
        <translation>Beta 终值</translation>
    </message>
    <message>
        <source>Zero terminal SNR</source>
        <translation>终点零 SNR</translation>
    </message>
    <message>
        <source>Spacing of steps</source>
        <translation>步的间隔</translation>
    </message>
    <message>
        <source>Spacing</source>
        <translation>间隔</translation>
    </message>
    <message>
        <source>Offset</source>
        <translation>偏移</translation>
    </message>
    <message>
        <source>Set alpha to one</source>
        <translation>将 alpha 设为 1</translation>
    </message>
    <message>
        <source>Bounds of the picture</source>
        <translation>图像的边界</translation>
    </message>
    <message>
        <source>Clip</source>
        <translation>截断</translation>
    </message>
    <message>
        <source>Clip range</source>
        <translation>截断范围</translation>
    </message>
    <message>
        <source>Flow shift</source>
        <translation>Flow 偏移</translation>
    </message>
    <message>
        <source>Shift</source>
        <translation>偏移</translation>
    </message>
    <message>
        <source>DDPM</source>
        <translation>DDPM</translation>
    </message>
    <message>
        <source>Variance</source>
        <translation>方差</translation>
    </message>
    <message>
        <source>DDIM</source>
        <translation>DDIM</translation>
    </message>
    <message>
        <source>Eta</source>
        <translation>Eta</translation>
    </message>
    <message>
        <source>Follow clipped</source>
        <translation>跟随截断值</translation>
    </message>
    <message>
        <source>DDIM inverse</source>
        <translation>DDIM 反演</translation>
    </message>
    <message>
        <source>PNDM (PLMS)</source>
        <translation>PNDM (PLMS)</translation>
    </message>
    <message>
        <source>Warm up</source>
        <translation>预热</translation>
    </message>
    <message>
        <source>LCM</source>
        <translation>LCM</translation>
    </message>
    <message>
        <source>Distilled steps</source>
        <translation>蒸馏步数</translation>
    </message>
    <message>
        <source>Timestep scaling</source>
        <translation>时间步缩放</translation>
    </message>
    <message>
        <source>UnCLIP</source>
        <translation>UnCLIP</translation>
    </message>
    <message>
        <source>LMS</source>
        <translation>LMS</translation>
    </message>
    <message>
        <source>Euler</source>
        <translation>Euler</translation>
    </message>
    <message>
        <source>Smallest</source>
        <translation>最小</translation>
    </message>
    <message>
        <source>Interpolation</source>
        <translation>插值</translation>
    </message>
    <message>
        <source>Euler ancestral</source>
        <translation>Euler ancestral</translation>
    </message>
    <message>
        <source>Heun</source>
        <translation>Heun</translation>
    </message>
    <message>
        <source>DPM2</source>
        <translation>DPM2</translation>
    </message>
    <message>
        <source>DPM2 ancestral</source>
        <translation>DPM2 ancestral</translation>
    </message>
    <message>
        <source>Flow Euler</source>
        <translation>Flow Euler</translation>
    </message>
    <message>
        <source>Stochastic</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>Flow Heun</source>
        <translation>Flow Heun</translation>
    </message>
    <message>
        <source>DPM-Solver++ 2M</source>
        <translation>DPM-Solver++ 2M</translation>
    </message>
    <message>
        <source>DPM-Solver multistep</source>
        <translation>DPM-Solver 多步</translation>
    </message>
    <message>
        <source>Algorithm</source>
        <translation>算法</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>阶数</translation>
    </message>
    <message>
        <source>Solver</source>
        <translation>求解器</translation>
    </message>
    <message>
        <source>Euler at final</source>
        <translation>末步用 Euler</translation>
    </message>
    <message>
        <source>Lower order final</source>
        <translation>末步降阶</translation>
    </message>
    <message>
        <source>Clip lambda</source>
        <translation>截断 lambda</translation>
    </message>
    <message>
        <source>Learned variance</source>
        <translation>学习的方差</translation>
    </message>
    <message>
        <source>DPM-Solver singlestep</source>
        <translation>DPM-Solver 单步</translation>
    </message>
    <message>
        <source>DEIS</source>
        <translation>DEIS</translation>
    </message>
    <message>
        <source>UniPC</source>
        <translation>UniPC</translation>
    </message>
    <message>
        <source>Uncorrected</source>
        <translation>未校正</translation>
    </message>
    <message>
        <source>Contact sheet</source>
        <translation>联系表</translation>
    </message>
    <message>
        <source>Cells</source>
        <translation>单元格</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>提示词</translation>
    </message>
    <message>
        <source>Clip skip</source>
        <translation>Clip skip</translation>
    </message>
    <message>
        <source>States</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Long prompt</source>
        <translation>长提示词</translation>
    </message>
    <message>
        <source>Prompts</source>
        <translation>多条提示词</translation>
    </message>
    <message>
        <source>Texts</source>
        <translation>多段文本</translation>
    </message>
    <message>
        <source>Average</source>
        <translation>平均</translation>
    </message>
    <message>
        <source>Fill in</source>
        <translation>填充</translation>
    </message>
    <message>
        <source>Template</source>
        <translation>模板</translation>
    </message>
    <message>
        <source>Join encoders</source>
        <translation>合并编码器</translation>
    </message>
    <message>
        <source>SDXL sizes</source>
        <translation>SDXL 尺寸</translation>
    </message>
    <message>
        <source>Original width</source>
        <translation>原始宽度</translation>
    </message>
    <message>
        <source>Original height</source>
        <translation>原始高度</translation>
    </message>
    <message>
        <source>Crop left</source>
        <translation>左侧裁剪</translation>
    </message>
    <message>
        <source>Crop top</source>
        <translation>顶部裁剪</translation>
    </message>
    <message>
        <source>SDXL refiner sizes</source>
        <translation>SDXL 精修尺寸</translation>
    </message>
    <message>
        <source>Aesthetic score</source>
        <translation>美学评分</translation>
    </message>
    <message>
        <source>No prompt</source>
        <translation>无提示词</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>然后</translation>
    </message>
    <message>
        <source>At</source>
        <translation>位置</translation>
    </message>
    <message>
        <source>Prompts of a batch</source>
        <translation>批次的提示词</translation>
    </message>
    <message>
        <source>Conditionings</source>
        <translation>多个条件</translation>
    </message>
    <message>
        <source>Step of a trajectory</source>
        <translation>轨迹的一步</translation>
    </message>
    <message>
        <source>Steps side by side</source>
        <translation>并排显示各步</translation>
    </message>
    <message>
        <source>Resize</source>
        <translation>调整大小</translation>
    </message>
    <message>
        <source>Factor</source>
        <translation>倍数</translation>
    </message>
    <message>
        <source>Multiple</source>
        <translation>倍数</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>裁剪</translation>
    </message>
    <message>
        <source>Crop centre</source>
        <translation>居中裁剪</translation>
    </message>
    <message>
        <source>Crop to mask</source>
        <translation>裁剪到蒙版</translation>
    </message>
    <message>
        <source>Pad</source>
        <translation>填充边距</translation>
    </message>
    <message>
        <source>Border</source>
        <translation>边框</translation>
    </message>
    <message>
        <source>Flip</source>
        <translation>翻转</translation>
    </message>
    <message>
        <source>Axis</source>
        <translation>轴</translation>
    </message>
    <message>
        <source>Rotate</source>
        <translation>旋转</translation>
    </message>
    <message>
        <source>Degrees</source>
        <translation>角度</translation>
    </message>
    <message>
        <source>Decode</source>
        <translation>解码</translation>
    </message>
    <message>
        <source>Encode</source>
        <translation>编码</translation>
    </message>
    <message>
        <source>Repeat</source>
        <translation>重复</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>项</translation>
    </message>
    <message>
        <source>Items</source>
        <translation>多项</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>序号</translation>
    </message>
</context>
</TS>
