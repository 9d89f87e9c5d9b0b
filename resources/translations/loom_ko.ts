<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ko" sourcelanguage="en">
<context>
    <name>loom</name>
    <message>
        <source>Canvas</source>
        <translation>캔버스</translation>
    </message>
    <message>
        <source>Move</source>
        <translation>이동</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>연결</translation>
    </message>
    <message>
        <source>Disconnect</source>
        <translation>연결 끊기</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>삭제</translation>
    </message>
    <message>
        <source>Go inside or edit</source>
        <translation>안으로 들어가거나 편집</translation>
    </message>
    <message>
        <source>Add {}</source>
        <translation>{} 추가</translation>
    </message>
    <message>
        <source>new each run</source>
        <translation>실행마다 새로</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>자동</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>예</translation>
    </message>
    <message>
        <source>no</source>
        <translation>아니요</translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation>입력</translation>
    </message>
    <message>
        <source>Outputs</source>
        <translation>출력</translation>
    </message>
    <message>
        <source>{} already depends on {}: the links would go round in a circle.</source>
        <translation>{}은(는) 이미 {}에 의존합니다. 연결이 순환하게 됩니다.</translation>
    </message>
    <message>
        <source>values</source>
        <translation>값</translation>
    </message>
    <message>
        <source>Join an output to an input.</source>
        <translation>출력을 입력에 연결하세요.</translation>
    </message>
    <message>
        <source>There is no such port any more.</source>
        <translation>이 포트는 더 이상 없습니다.</translation>
    </message>
    <message>
        <source>A node can&apos;t feed itself.</source>
        <translation>노드는 자기 자신에 연결할 수 없습니다.</translation>
    </message>
    <message>
        <source>{} can&apos;t go in here: it takes {}.</source>
        <translation>{}은(는) 넣을 수 없습니다. 여기는 {}을(를) 받습니다.</translation>
    </message>
    <message>
        <source>{} can&apos;t go with {}: take parts of one family.</source>
        <translation>{}은(는) {}과(와) 함께 쓸 수 없습니다. 같은 계열의 구성 요소를 쓰세요.</translation>
    </message>
    <message>
        <source>It gives a list of {}, and this takes one {}.</source>
        <translation>{} 목록을 내지만, 여기는 {} 하나만 받습니다.</translation>
    </message>
    <message>
        <source>{} min {} s</source>
        <translation>{}분 {}초</translation>
    </message>
    <message>
        <source>{} MB</source>
        <translation>{} MB</translation>
    </message>
    <message>
        <source>{} ms</source>
        <translation>{} ms</translation>
    </message>
    <message>
        <source>{} s</source>
        <translation>{}초</translation>
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
        <translation>횟수</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>번호</translation>
    </message>
    <message>
        <source>New state</source>
        <translation>새 상태</translation>
    </message>
    <message>
        <source>Collect</source>
        <translation>모으기</translation>
    </message>
    <message>
        <source>New output</source>
        <translation>새 출력</translation>
    </message>
    <message>
        <source>Each</source>
        <translation>각 항목</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>항목</translation>
    </message>
    <message>
        <source>New input</source>
        <translation>새 입력</translation>
    </message>
    <message>
        <source>Set {}</source>
        <translation>{} 설정</translation>
    </message>
    <message>
        <source>Search nodes</source>
        <translation>노드 검색</translation>
    </message>
    <message>
        <source>Letters of a name in any order of words</source>
        <translation>이름의 글자를 낱말 순서와 상관없이 입력</translation>
    </message>
    <message>
        <source>Found nodes</source>
        <translation>찾은 노드</translation>
    </message>
    <message>
        <source>The node type {} is not known here. What the file says of it is kept.</source>
        <translation>노드 종류 {}을(를) 알 수 없습니다. 파일에 적힌 내용은 그대로 보존됩니다.</translation>
    </message>
    <message>
        <source>This port is no part of the node&apos;s type any more.</source>
        <translation>이 포트는 더 이상 이 노드 종류에 없습니다.</translation>
    </message>
    <message>
        <source>Locked: keeps its result whatever changes before it.</source>
        <translation>잠김: 앞이 바뀌어도 결과를 유지합니다.</translation>
    </message>
    <message>
        <source>Muted: left out.</source>
        <translation>꺼짐: 실행에서 빠집니다.</translation>
    </message>
    <message>
        <source>Bypassed: hands on what it gets.</source>
        <translation>우회: 받은 것을 그대로 넘깁니다.</translation>
    </message>
    <message>
        <source>Its result is kept, so it would not run.</source>
        <translation>결과가 남아 있어 실행하지 않습니다.</translation>
    </message>
    <message>
        <source>Would run: {}</source>
        <translation>실행 예정: {}</translation>
    </message>
    <message>
        <source>it has no result yet</source>
        <translation>아직 결과가 없음</translation>
    </message>
    <message>
        <source>Takes about {}</source>
        <translation>약 {} 걸림</translation>
    </message>
    <message>
        <source>Workflows, bundles and pictures</source>
        <translation>워크플로, 묶음, 이미지</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>열기</translation>
    </message>
    <message>
        <source>Save as</source>
        <translation>다른 이름으로 저장</translation>
    </message>
    <message>
        <source>Workflow</source>
        <translation>워크플로</translation>
    </message>
    <message>
        <source>Unsaved changes</source>
        <translation>저장하지 않은 변경</translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation>제목 없음</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>내보내기</translation>
    </message>
    <message>
        <source>Latent Loom</source>
        <translation>Latent Loom</translation>
    </message>
    <message>
        <source>Pack a bundle</source>
        <translation>묶음 만들기</translation>
    </message>
    <message>
        <source>Bundle</source>
        <translation>묶음</translation>
    </message>
    <message>
        <source>Export as Python</source>
        <translation>Python으로 내보내기</translation>
    </message>
    <message>
        <source>Python script</source>
        <translation>Python 스크립트</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>이미지</translation>
    </message>
    <message>
        <source>Vector picture</source>
        <translation>벡터 이미지</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>모든 파일</translation>
    </message>
    <message>
        <source>{} has changes that are not saved.</source>
        <translation>{}에 저장하지 않은 변경이 있습니다.</translation>
    </message>
    <message>
        <source>It can&apos;t be written: {}.</source>
        <translation>쓸 수 없습니다: {}.</translation>
    </message>
    <message>
        <source>Choose a colour</source>
        <translation>색 선택</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>비어 있음</translation>
    </message>
    <message>
        <source>Paint…</source>
        <translation>그리기…</translation>
    </message>
    <message>
        <source>Paint on the picture</source>
        <translation>이미지 위에 그리기</translation>
    </message>
    <message>
        <source>one shape</source>
        <translation>도형 1개</translation>
    </message>
    <message>
        <source>can&apos;t be read</source>
        <translation>읽을 수 없음</translation>
    </message>
    <message>
        <source>{}: paint</source>
        <translation>{}: 그리기</translation>
    </message>
    <message>
        <source>{} shapes</source>
        <translation>도형 {}개</translation>
    </message>
    <message>
        <source>Choose a folder</source>
        <translation>폴더 선택</translation>
    </message>
    <message>
        <source>Choose a file, or drop one here</source>
        <translation>파일을 고르거나 여기에 놓으세요</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>찾아보기…</translation>
    </message>
    <message>
        <source>Locate…</source>
        <translation>찾기…</translation>
    </message>
    <message>
        <source>Say where it is now</source>
        <translation>지금 있는 곳을 알려 주세요</translation>
    </message>
    <message>
        <source>A file ({}), or drop one here</source>
        <translation>파일({}), 여기에 놓아도 됩니다</translation>
    </message>
    <message>
        <source>A folder, or drop one here</source>
        <translation>폴더, 여기에 놓아도 됩니다</translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation>파일 선택</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>파일</translation>
    </message>
    <message>
        <source>“{}” is missing.</source>
        <translation>“{}”이(가) 없습니다.</translation>
    </message>
    <message>
        <source>the output folder</source>
        <translation>출력 폴더</translation>
    </message>
    <message>
        <source>A folder to write to</source>
        <translation>저장할 폴더</translation>
    </message>
    <message>
        <source>{} is not inside of {}.</source>
        <translation>{}은(는) {} 안에 있지 않습니다.</translation>
    </message>
    <message>
        <source>A model in the model folders, by name</source>
        <translation>모델 폴더에 있는 모델의 이름</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>모델 선택</translation>
    </message>
    <message>
        <source>Look through the model folders again</source>
        <translation>모델 폴더 다시 살펴보기</translation>
    </message>
    <message>
        <source>Add the folder that has this model to the model folders</source>
        <translation>이 모델이 있는 폴더를 모델 폴더에 추가</translation>
    </message>
    <message>
        <source>Looking for models…</source>
        <translation>모델을 찾는 중…</translation>
    </message>
    <message>
        <source>On: a value of its own. Off: none.</source>
        <translation>켬: 값을 직접 지정. 끔: 없음.</translation>
    </message>
    <message>
        <source>none</source>
        <translation>없음</translation>
    </message>
    <message>
        <source>{}: give a value</source>
        <translation>{}: 값 지정</translation>
    </message>
    <message>
        <source>“{}” is not a number; it takes {}.</source>
        <translation>“{}”은(는) 숫자가 아닙니다. 받을 수 있는 값: {}.</translation>
    </message>
    <message>
        <source>{}, slider</source>
        <translation>{}, 슬라이더</translation>
    </message>
    <message>
        <source>(some words)1.3, word++ and word-- weight words</source>
        <translation>(낱말들)1.3, 낱말++, 낱말--로 가중치를 줍니다</translation>
    </message>
    <message>
        <source>{} of {} tokens</source>
        <translation>토큰 {} / {}</translation>
    </message>
    <message>
        <source>{}; cut off: “{}”</source>
        <translation>{}, 잘린 부분: “{}”</translation>
    </message>
    <message>
        <source>Draw another seed</source>
        <translation>다른 시드 뽑기</translation>
    </message>
    <message>
        <source>Keep this seed</source>
        <translation>이 시드 유지</translation>
    </message>
    <message>
        <source>Draw a new seed for each run</source>
        <translation>실행마다 새 시드 뽑기</translation>
    </message>
    <message>
        <source>Keep one seed for all runs</source>
        <translation>모든 실행에 같은 시드 사용</translation>
    </message>
    <message>
        <source>new for each run</source>
        <translation>실행마다 새로</translation>
    </message>
    <message>
        <source>Filled in by a sweep</source>
        <translation>스윕이 채웁니다</translation>
    </message>
    <message>
        <source>New</source>
        <translation>새로 만들기</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>열기…</translation>
    </message>
    <message>
        <source>Open recent</source>
        <translation>최근 파일 열기</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>저장</translation>
    </message>
    <message>
        <source>Save as…</source>
        <translation>다른 이름으로 저장…</translation>
    </message>
    <message>
        <source>Pack a bundle…</source>
        <translation>묶음 만들기…</translation>
    </message>
    <message>
        <source>Picture of the graph…</source>
        <translation>그래프 그림…</translation>
    </message>
    <message>
        <source>Python script…</source>
        <translation>Python 스크립트…</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>실행 취소</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>다시 실행</translation>
    </message>
    <message>
        <source>&amp;Graph</source>
        <translation>그래프(&amp;G)</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>실행</translation>
    </message>
    <message>
        <source>Run to the selected nodes</source>
        <translation>선택한 노드까지 실행</translation>
    </message>
    <message>
        <source>Run several times</source>
        <translation>여러 번 실행</translation>
    </message>
    <message>
        <source>Run all anew</source>
        <translation>모두 새로 실행</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>취소</translation>
    </message>
    <message>
        <source>Run on every change</source>
        <translation>바뀔 때마다 실행</translation>
    </message>
    <message>
        <source>Show what would run</source>
        <translation>실행될 것 보기</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>보기(&amp;V)</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>전체 화면</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>도움말(&amp;H)</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>단축키</translation>
    </message>
    <message>
        <source>About Latent Loom</source>
        <translation>Latent Loom 정보</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>도구</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>파일(&amp;F)</translation>
    </message>
    <message>
        <source>Gallery of workflows</source>
        <translation>워크플로 모음</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>편집(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>실행(&amp;R)</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>설정…</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>끝내기</translation>
    </message>
    <message>
        <source>For published models</source>
        <translation>공개 모델용</translation>
    </message>
    <message>
        <source>{} times</source>
        <translation>{}번</translation>
    </message>
    <message>
        <source>Batches</source>
        <translation>배치</translation>
    </message>
    <message>
        <source>Captions</source>
        <translation>캡션</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>색</translation>
    </message>
    <message>
        <source>Comparing</source>
        <translation>비교</translation>
    </message>
    <message>
        <source>Compositing</source>
        <translation>합성</translation>
    </message>
    <message>
        <source>Conditioning</source>
        <translation>조건</translation>
    </message>
    <message>
        <source>Control</source>
        <translation>컨트롤</translation>
    </message>
    <message>
        <source>DiffEdit</source>
        <translation>DiffEdit</translation>
    </message>
    <message>
        <source>Denoising</source>
        <translation>노이즈 제거</translation>
    </message>
    <message>
        <source>Filters</source>
        <translation>필터</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>가이던스</translation>
    </message>
    <message>
        <source>Hooks</source>
        <translation>훅</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>이미지</translation>
    </message>
    <message>
        <source>Latents</source>
        <translation>잠재 표현</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>모델</translation>
    </message>
    <message>
        <source>Opened loop</source>
        <translation>펼친 루프</translation>
    </message>
    <message>
        <source>Masks</source>
        <translation>마스크</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>노이즈</translation>
    </message>
    <message>
        <source>Repeating</source>
        <translation>반복</translation>
    </message>
    <message>
        <source>Safety</source>
        <translation>안전</translation>
    </message>
    <message>
        <source>Noise schedules</source>
        <translation>노이즈 스케줄</translation>
    </message>
    <message>
        <source>Solvers</source>
        <translation>솔버</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>텍스트</translation>
    </message>
    <message>
        <source>Add a node…</source>
        <translation>노드 추가…</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>잘라내기</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>붙여넣기</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>복제</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>모두 선택</translation>
    </message>
    <message>
        <source>Rename…</source>
        <translation>이름 바꾸기…</translation>
    </message>
    <message>
        <source>Fold</source>
        <translation>접기</translation>
    </message>
    <message>
        <source>Run up to these nodes when all is run</source>
        <translation>전체 실행 때 이 노드까지 실행</translation>
    </message>
    <message>
        <source>Zoom to fit</source>
        <translation>전체 보기</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>확대</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>축소</translation>
    </message>
    <message>
        <source>Actual size</source>
        <translation>실제 크기</translation>
    </message>
    <message>
        <source>Lay out</source>
        <translation>자동 배치</translation>
    </message>
    <message>
        <source>Align left</source>
        <translation>왼쪽 맞춤</translation>
    </message>
    <message>
        <source>Align top</source>
        <translation>위쪽 맞춤</translation>
    </message>
    <message>
        <source>Spread across</source>
        <translation>가로로 고르게 배치</translation>
    </message>
    <message>
        <source>Spread down</source>
        <translation>세로로 고르게 배치</translation>
    </message>
    <message>
        <source>Make a subgraph</source>
        <translation>하위 그래프로 묶기</translation>
    </message>
    <message>
        <source>Go out</source>
        <translation>밖으로 나가기</translation>
    </message>
    <message>
        <source>Frame with a comment</source>
        <translation>설명 틀로 묶기</translation>
    </message>
    <message>
        <source>Repeat these nodes</source>
        <translation>이 노드 반복하기</translation>
    </message>
    <message>
        <source>Minimap</source>
        <translation>미니맵</translation>
    </message>
    <message>
        <source>left</source>
        <translation>왼쪽</translation>
    </message>
    <message>
        <source>right</source>
        <translation>오른쪽</translation>
    </message>
    <message>
        <source>up</source>
        <translation>위쪽</translation>
    </message>
    <message>
        <source>down</source>
        <translation>아래쪽</translation>
    </message>
    <message>
        <source>Mute</source>
        <translation>끄기</translation>
    </message>
    <message>
        <source>Leave nodes out</source>
        <translation>노드를 빼고 실행</translation>
    </message>
    <message>
        <source>Bypass</source>
        <translation>우회</translation>
    </message>
    <message>
        <source>Hand on what nodes get</source>
        <translation>노드가 받은 것을 그대로 넘김</translation>
    </message>
    <message>
        <source>Keep results whatever changes before</source>
        <translation>앞이 바뀌어도 결과를 유지</translation>
    </message>
    <message>
        <source>Ask for the result</source>
        <translation>결과로 요청</translation>
    </message>
    <message>
        <source>Move {}</source>
        <translation>{} 이동</translation>
    </message>
    <message>
        <source>Walk {} along links</source>
        <translation>연결을 따라 {}으로 이동</translation>
    </message>
    <message>
        <source>Move far {}</source>
        <translation>{}으로 크게 이동</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>이름</translation>
    </message>
    <message>
        <source>Nodes that fit in between</source>
        <translation>사이에 들어갈 수 있는 노드</translation>
    </message>
    <message>
        <source>Nodes that take {}</source>
        <translation>{}을(를) 받는 노드</translation>
    </message>
    <message>
        <source>Nodes that give {}</source>
        <translation>{}을(를) 내는 노드</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>이름 바꾸기</translation>
    </message>
    <message>
        <source>what was copied</source>
        <translation>복사한 내용</translation>
    </message>
    <message>
        <source>Join the selected nodes from left to right by ports that fit</source>
        <translation>선택한 노드를 왼쪽에서 오른쪽으로 맞는 포트끼리 잇기</translation>
    </message>
    <message>
        <source>Menu of what is selected</source>
        <translation>선택한 항목의 메뉴</translation>
    </message>
    <message>
        <source>Join nodes</source>
        <translation>노드 잇기</translation>
    </message>
    <message>
        <source>Ask for results</source>
        <translation>결과 요청</translation>
    </message>
    <message>
        <source>Select two nodes to join them.</source>
        <translation>이을 노드를 두 개 선택하세요.</translation>
    </message>
    <message>
        <source>No output of {} fits a free input of {}.</source>
        <translation>{}의 출력 가운데 {}의 빈 입력에 맞는 것이 없습니다.</translation>
    </message>
    <message>
        <source>Frame</source>
        <translation>틀</translation>
    </message>
    <message>
        <source>Comment</source>
        <translation>설명</translation>
    </message>
    <message>
        <source>Repeat</source>
        <translation>반복</translation>
    </message>
    <message>
        <source>What was copied holds no nodes.</source>
        <translation>복사한 내용에 노드가 없습니다.</translation>
    </message>
    <message>
        <source>Run a number of times</source>
        <translation>정한 횟수만큼 실행</translation>
    </message>
    <message>
        <source>Run once for each item of a list</source>
        <translation>목록의 항목마다 한 번 실행</translation>
    </message>
    <message>
        <source>Parameters shown</source>
        <translation>표시할 매개변수</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>색</translation>
    </message>
    <message>
        <source>Blue</source>
        <translation>파랑</translation>
    </message>
    <message>
        <source>Green</source>
        <translation>초록</translation>
    </message>
    <message>
        <source>Amber</source>
        <translation>호박색</translation>
    </message>
    <message>
        <source>Red</source>
        <translation>빨강</translation>
    </message>
    <message>
        <source>Violet</source>
        <translation>보라</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>회색</translation>
    </message>
    <message>
        <source>Run to here</source>
        <translation>여기까지 실행</translation>
    </message>
    <message>
        <source>Rename the port…</source>
        <translation>포트 이름 바꾸기…</translation>
    </message>
    <message>
        <source>Remove the port</source>
        <translation>포트 제거</translation>
    </message>
    <message>
        <source>Insert a node…</source>
        <translation>노드 끼워 넣기…</translation>
    </message>
    <message>
        <source>Lead through a dot</source>
        <translation>점을 거쳐 잇기</translation>
    </message>
    <message>
        <source>Go to where it comes from</source>
        <translation>보내는 노드로 가기</translation>
    </message>
    <message>
        <source>Go to where it leads</source>
        <translation>받는 노드로 가기</translation>
    </message>
    <message>
        <source>Rename the subgraph…</source>
        <translation>하위 그래프 이름 바꾸기…</translation>
    </message>
    <message>
        <source>As usual</source>
        <translation>기본값대로</translation>
    </message>
    <message>
        <source>Remove the dot</source>
        <translation>점 없애기</translation>
    </message>
    <message>
        <source>Where you are</source>
        <translation>현재 위치</translation>
    </message>
    <message>
        <source>Go out to {}</source>
        <translation>{}(으)로 나가기</translation>
    </message>
    <message>
        <source>Add a picture</source>
        <translation>이미지 추가</translation>
    </message>
    <message>
        <source>Lead a link</source>
        <translation>연결 경로 바꾸기</translation>
    </message>
    <message>
        <source>Resize</source>
        <translation>크기 조절</translation>
    </message>
    <message>
        <source>Remove a port</source>
        <translation>포트 제거</translation>
    </message>
    <message>
        <source>Rename a port</source>
        <translation>포트 이름 바꾸기</translation>
    </message>
    <message>
        <source>Rename the subgraph</source>
        <translation>하위 그래프 이름 바꾸기</translation>
    </message>
    <message>
        <source>Choose another folder or name.</source>
        <translation>다른 폴더나 이름을 고르세요.</translation>
    </message>
    <message>
        <source>to be given</source>
        <translation>값 필요</translation>
    </message>
    <message>
        <source>{} has no output that gives {}.</source>
        <translation>{}에는 {}을(를) 주는 출력이 없습니다.</translation>
    </message>
    <message>
        <source>{} has no input that takes {}.</source>
        <translation>{}에는 {}을(를) 받는 입력이 없습니다.</translation>
    </message>
    <message>
        <source>Press to go there</source>
        <translation>누르면 그곳으로 갑니다</translation>
    </message>
    <message>
        <source>Nothing selected</source>
        <translation>선택한 것 없음</translation>
    </message>
    <message>
        <source>{} nodes selected</source>
        <translation>노드 {}개 선택됨</translation>
    </message>
    <message>
        <source>Its models: {}</source>
        <translation>모델: {}</translation>
    </message>
    <message>
        <source>once for each item</source>
        <translation>항목마다 한 번</translation>
    </message>
    <message>
        <source>as often as its input says</source>
        <translation>입력이 정한 만큼</translation>
    </message>
    <message>
        <source>Opening {}…</source>
        <translation>{} 여는 중…</translation>
    </message>
    <message>
        <source>Missing models and files</source>
        <translation>없는 모델과 파일</translation>
    </message>
    <message>
        <source>Add a model folder…</source>
        <translation>모델 폴더 추가…</translation>
    </message>
    <message>
        <source>Models in this folder are found from now on</source>
        <translation>앞으로 이 폴더의 모델을 찾습니다</translation>
    </message>
    <message>
        <source>Locate {}</source>
        <translation>{} 찾기</translation>
    </message>
    <message>
        <source>Not found: {}</source>
        <translation>찾을 수 없음: {}</translation>
    </message>
    <message>
        <source>(no name)</source>
        <translation>(이름 없음)</translation>
    </message>
    <message>
        <source>Locate {}…</source>
        <translation>{} 찾기…</translation>
    </message>
    <message>
        <source>Values</source>
        <translation>값</translation>
    </message>
    <message>
        <source>One value a line</source>
        <translation>한 줄에 값 하나</translation>
    </message>
    <message>
        <source>Text file</source>
        <translation>텍스트 파일</translation>
    </message>
    <message>
        <source>A text file with one value a line</source>
        <translation>한 줄에 값이 하나씩 있는 텍스트 파일</translation>
    </message>
    <message>
        <source>List</source>
        <translation>목록</translation>
    </message>
    <message>
        <source>File</source>
        <translation>파일</translation>
    </message>
    <message>
        <source>Goes along</source>
        <translation>함께 움직일 축</translation>
    </message>
    <message>
        <source>Axes multiply; one that goes along another moves in step with it</source>
        <translation>축끼리는 곱해지고, 함께 움직이는 축은 다른 축과 나란히 바뀝니다</translation>
    </message>
    <message>
        <source>no other axis</source>
        <translation>없음</translation>
    </message>
    <message>
        <source>From</source>
        <translation>시작</translation>
    </message>
    <message>
        <source>To</source>
        <translation>끝</translation>
    </message>
    <message>
        <source>In steps of</source>
        <translation>간격</translation>
    </message>
    <message>
        <source>{}, along {}</source>
        <translation>{}, {}과(와) 함께</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>범위</translation>
    </message>
    <message>
        <source>Choose a file.</source>
        <translation>파일을 선택하세요.</translation>
    </message>
    <message>
        <source>Write one value a line.</source>
        <translation>한 줄에 값을 하나씩 쓰세요.</translation>
    </message>
    <message>
        <source>{} … {} by {}</source>
        <translation>{} … {}, 간격 {}</translation>
    </message>
    <message>
        <source>lines of {}</source>
        <translation>{}의 각 줄</translation>
    </message>
    <message>
        <source>Sweep {}</source>
        <translation>{} 스윕</translation>
    </message>
    <message>
        <source>“{}” is not a number.</source>
        <translation>“{}”은(는) 숫자가 아닙니다.</translation>
    </message>
    <message>
        <source>{} values; the sweep makes {} runs.</source>
        <translation>값 {}개, 스윕은 {}번 실행합니다.</translation>
    </message>
    <message>
        <source>Add an input</source>
        <translation>입력 추가</translation>
    </message>
    <message>
        <source>Add an output</source>
        <translation>출력 추가</translation>
    </message>
    <message>
        <source>Type another name to rename it everywhere</source>
        <translation>다른 이름을 쓰면 모든 곳에서 바뀝니다</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>위로 이동</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>아래로 이동</translation>
    </message>
    <message>
        <source>Ports of “{}”</source>
        <translation>“{}”의 포트</translation>
    </message>
    <message>
        <source>Name of the port {}</source>
        <translation>포트 {}의 이름</translation>
    </message>
    <message>
        <source>Remove {}</source>
        <translation>{} 제거</translation>
    </message>
    <message>
        <source>Nothing inside is free</source>
        <translation>안에 비어 있는 것이 없음</translation>
    </message>
    <message>
        <source>Rename {}</source>
        <translation>{} 이름 바꾸기</translation>
    </message>
    <message>
        <source>Preview of the result</source>
        <translation>결과 미리보기</translation>
    </message>
    <message>
        <source>not run</source>
        <translation>실행 안 함</translation>
    </message>
    <message>
        <source>needs to run</source>
        <translation>실행 필요</translation>
    </message>
    <message>
        <source>result is kept</source>
        <translation>결과가 남아 있음</translation>
    </message>
    <message>
        <source>blocked by what failed before it</source>
        <translation>앞의 실패로 막힘</translation>
    </message>
    <message>
        <source>{}, step {} of {}</source>
        <translation>{}, {} / {}단계</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>시간</translation>
    </message>
    <message>
        <source>Expected</source>
        <translation>예상</translation>
    </message>
    <message>
        <source>Peak memory</source>
        <translation>최대 메모리</translation>
    </message>
    <message>
        <source>Show {}</source>
        <translation>{} 보기</translation>
    </message>
    <message>
        <source>Mute: leave the node out (M)</source>
        <translation>끄기: 노드를 빼고 실행 (M)</translation>
    </message>
    <message>
        <source>Bypass: hand on what comes in</source>
        <translation>우회: 들어온 것을 그대로 넘김</translation>
    </message>
    <message>
        <source>Lock: keep the result it has</source>
        <translation>잠금: 지금 결과를 유지</translation>
    </message>
    <message>
        <source>More</source>
        <translation>더 보기</translation>
    </message>
    <message>
        <source>All that is said of this node</source>
        <translation>이 노드의 설명 전체</translation>
    </message>
    <message>
        <source>Id of the node</source>
        <translation>노드 이름</translation>
    </message>
    <message>
        <source>Id of the node: type another one to rename it</source>
        <translation>노드 이름: 다른 이름을 쓰면 바뀝니다</translation>
    </message>
    <message>
        <source>Show what is inside</source>
        <translation>안쪽 보기</translation>
    </message>
    <message>
        <source>Less</source>
        <translation>접기</translation>
    </message>
    <message>
        <source>Inputs of the subgraph</source>
        <translation>하위 그래프의 입력</translation>
    </message>
    <message>
        <source>Outputs of the subgraph</source>
        <translation>하위 그래프의 출력</translation>
    </message>
    <message>
        <source>No pack that is installed has the node type “{}”. It keeps all it holds.</source>
        <translation>설치된 팩 중 노드 종류 “{}”이(가) 있는 것이 없습니다. 담긴 내용은 모두 보존됩니다.</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>매개변수</translation>
    </message>
    <message>
        <source>They have no parameter in common.</source>
        <translation>공통된 매개변수가 없습니다.</translation>
    </message>
    <message>
        <source>{} nodes</source>
        <translation>노드 {}개</translation>
    </message>
    <message>
        <source>The folder that has “{}”</source>
        <translation>“{}”이(가) 있는 폴더</translation>
    </message>
    <message>
        <source>Outputs that fit</source>
        <translation>맞는 출력</translation>
    </message>
    <message>
        <source>{}, handed on</source>
        <translation>{}, 다음 회로 넘김</translation>
    </message>
    <message>
        <source>{}, collected</source>
        <translation>{}, 모음</translation>
    </message>
    <message>
        <source>Go to {}</source>
        <translation>{}(으)로 가기</translation>
    </message>
    <message>
        <source>Cut the link from {}</source>
        <translation>{}에서 오는 연결 끊기</translation>
    </message>
    <message>
        <source>{}, optional</source>
        <translation>{}, 선택</translation>
    </message>
    <message>
        <source>goes to {}</source>
        <translation>{}(으)로 감</translation>
    </message>
    <message>
        <source>Join {} to…</source>
        <translation>{}을(를) 다음에 잇기…</translation>
    </message>
    <message>
        <source>No output fits</source>
        <translation>맞는 출력이 없음</translation>
    </message>
    <message>
        <source>Disconnect {}</source>
        <translation>{} 연결 끊기</translation>
    </message>
    <message>
        <source>Changed; a double click on the name resets it</source>
        <translation>바뀜: 이름을 두 번 누르면 기본값으로 돌아갑니다</translation>
    </message>
    <message>
        <source>Cut the link</source>
        <translation>연결 끊기</translation>
    </message>
    <message>
        <source>Sweep it no more</source>
        <translation>스윕 끝내기</translation>
    </message>
    <message>
        <source>Reset to the default</source>
        <translation>기본값으로 되돌리기</translation>
    </message>
    <message>
        <source>Sweep…</source>
        <translation>스윕…</translation>
    </message>
    <message>
        <source>Copy the value</source>
        <translation>값 복사</translation>
    </message>
    <message>
        <source>Paste a value</source>
        <translation>값 붙여넣기</translation>
    </message>
    <message>
        <source>Where the value comes from</source>
        <translation>값이 오는 곳</translation>
    </message>
    <message>
        <source>End</source>
        <translation>끝내기</translation>
    </message>
    <message>
        <source>Sweeps: click to change</source>
        <translation>스윕 중: 누르면 바꿀 수 있습니다</translation>
    </message>
    <message>
        <source>Sweep… (not inside a subgraph)</source>
        <translation>스윕… (하위 그래프 안에서는 불가)</translation>
    </message>
    <message>
        <source>Make it a parameter of the subgraph</source>
        <translation>하위 그래프의 매개변수로 만들기</translation>
    </message>
    <message>
        <source>Go to the node</source>
        <translation>노드로 가기</translation>
    </message>
    <message>
        <source>{}: more</source>
        <translation>{}: 더 보기</translation>
    </message>
    <message>
        <source>{} (several values)</source>
        <translation>{} (값이 여럿)</translation>
    </message>
    <message>
        <source>Reset {}</source>
        <translation>{} 초기화</translation>
    </message>
    <message>
        <source>input “{}” of the subgraph</source>
        <translation>하위 그래프의 입력 “{}”</translation>
    </message>
    <message>
        <source>{}; what is beyond is cut off</source>
        <translation>{}, 넘는 부분은 잘립니다</translation>
    </message>
    <message>
        <source>{} tokens, read in parts of {}</source>
        <translation>토큰 {}개, {}개씩 나누어 읽음</translation>
    </message>
    <message>
        <source>Results asked for</source>
        <translation>요청한 결과</translation>
    </message>
    <message>
        <source>Subgraphs</source>
        <translation>하위 그래프</translation>
    </message>
    <message>
        <source>Untitled workflow</source>
        <translation>제목 없는 워크플로</translation>
    </message>
    <message>
        <source>one node</source>
        <translation>노드 1개</translation>
    </message>
    <message>
        <source>Set outputs</source>
        <translation>결과 지정</translation>
    </message>
    <message>
        <source>Inside of a subgraph: {}</source>
        <translation>하위 그래프 안: {}</translation>
    </message>
    <message>
        <source>Problems: {}</source>
        <translation>문제: {}</translation>
    </message>
    <message>
        <source>The workflow</source>
        <translation>워크플로</translation>
    </message>
    <message>
        <source>{} more are in the panel of problems.</source>
        <translation>문제 패널에 {}개가 더 있습니다.</translation>
    </message>
    <message>
        <source>All that nobody reads: {}</source>
        <translation>아무도 읽지 않는 모든 것: {}</translation>
    </message>
    <message>
        <source>Ask for {} no more</source>
        <translation>{} 요청 취소</translation>
    </message>
    <message>
        <source>Name of the subgraph {}</source>
        <translation>하위 그래프 {}의 이름</translation>
    </message>
    <message>
        <source>Show the inside of {}</source>
        <translation>{} 안쪽 보기</translation>
    </message>
    <message>
        <source>Delete {}</source>
        <translation>{} 삭제</translation>
    </message>
    <message>
        <source>{} is used {} times</source>
        <translation>{}은(는) {}번 쓰입니다</translation>
    </message>
    <message>
        <source>{} runs</source>
        <translation>{}번 실행</translation>
    </message>
    <message>
        <source>New window</source>
        <translation>새 창</translation>
    </message>
    <message>
        <source>Restart the engine</source>
        <translation>엔진 다시 시작</translation>
    </message>
    <message>
        <source>Next panel</source>
        <translation>다음 패널</translation>
    </message>
    <message>
        <source>Previous panel</source>
        <translation>이전 패널</translation>
    </message>
    <message>
        <source>Trajectories</source>
        <translation>궤적</translation>
    </message>
    <message>
        <source>Transforming</source>
        <translation>변형</translation>
    </message>
    <message>
        <source>VAE</source>
        <translation>VAE</translation>
    </message>
    <message>
        <source>Subgraphs of this workflow</source>
        <translation>이 워크플로의 하위 그래프</translation>
    </message>
    <message>
        <source>Packs that can&apos;t be used</source>
        <translation>쓸 수 없는 팩</translation>
    </message>
    <message>
        <source>Search by name, what a node does, or the types it handles</source>
        <translation>이름, 하는 일, 다루는 형식으로 검색</translation>
    </message>
    <message>
        <source>Node types</source>
        <translation>노드 종류</translation>
    </message>
    <message>
        <source>No node fits.</source>
        <translation>맞는 노드가 없습니다.</translation>
    </message>
    <message>
        <source>Favourites</source>
        <translation>즐겨찾기</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>최근</translation>
    </message>
    <message>
        <source>Packs of nodes that failed to load</source>
        <translation>불러오지 못한 노드 팩</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>추가</translation>
    </message>
    <message>
        <source>Remove from favourites</source>
        <translation>즐겨찾기에서 빼기</translation>
    </message>
    <message>
        <source>Add to favourites</source>
        <translation>즐겨찾기에 추가</translation>
    </message>
    <message>
        <source>Takes</source>
        <translation>받는 것</translation>
    </message>
    <message>
        <source>Gives</source>
        <translation>내는 것</translation>
    </message>
    <message>
        <source>optional</source>
        <translation>선택</translation>
    </message>
    <message>
        <source>{} node types</source>
        <translation>노드 종류 {}개</translation>
    </message>
    <message>
        <source>Search by prompt or name</source>
        <translation>프롬프트나 이름으로 검색</translation>
    </message>
    <message>
        <source>Search the gallery</source>
        <translation>갤러리 검색</translation>
    </message>
    <message>
        <source>Pictures that were made</source>
        <translation>만든 이미지</translation>
    </message>
    <message>
        <source>Open its workflow</source>
        <translation>워크플로 열기</translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation>폴더 보기</translation>
    </message>
    <message>
        <source>Move to the bin</source>
        <translation>휴지통으로 이동</translation>
    </message>
    <message>
        <source>{} can&apos;t be moved to the bin.</source>
        <translation>{}을(를) 휴지통으로 옮길 수 없습니다.</translation>
    </message>
    <message>
        <source>Pictures of the sweep</source>
        <translation>스윕의 이미지</translation>
    </message>
    <message>
        <source>Use these values</source>
        <translation>이 값 사용</translation>
    </message>
    <message>
        <source>{} pictures over {}</source>
        <translation>이미지 {}개, 축: {}</translation>
    </message>
    <message>
        <source>Paint a mask</source>
        <translation>마스크 그리기</translation>
    </message>
    <message>
        <source>There is no picture to paint on yet: run the workflow to see it.</source>
        <translation>아직 칠할 그림이 없습니다. 워크플로를 실행하면 그림이 보입니다.</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>브러시</translation>
    </message>
    <message>
        <source>Feather</source>
        <translation>가장자리 부드럽게</translation>
    </message>
    <message>
        <source>How wide the brush is ([ and ])</source>
        <translation>브러시 너비 ([ 와 ])</translation>
    </message>
    <message>
        <source>How far the edges of the mask are blurred</source>
        <translation>마스크 가장자리를 흐리는 정도</translation>
    </message>
    <message>
        <source>What you have painted is not taken over yet.</source>
        <translation>칠한 내용이 아직 적용되지 않았습니다.</translation>
    </message>
    <message>
        <source>Cover everything</source>
        <translation>전체 덮기</translation>
    </message>
    <message>
        <source>Invert</source>
        <translation>반전</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>지우기</translation>
    </message>
    <message>
        <source>Fit the picture</source>
        <translation>이미지에 맞추기</translation>
    </message>
    <message>
        <source>Eraser</source>
        <translation>지우개</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>올가미</translation>
    </message>
    <message>
        <source>Rectangle</source>
        <translation>사각형</translation>
    </message>
    <message>
        <source>Ellipse</source>
        <translation>타원</translation>
    </message>
    <message>
        <source>Fill an area</source>
        <translation>영역 채우기</translation>
    </message>
    <message>
        <source>No picture yet</source>
        <translation>아직 이미지 없음</translation>
    </message>
    <message>
        <source>Take step {}</source>
        <translation>{}단계 가져오기</translation>
    </message>
    <message>
        <source>Previous picture</source>
        <translation>이전 이미지</translation>
    </message>
    <message>
        <source>Next picture</source>
        <translation>다음 이미지</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>재생</translation>
    </message>
    <message>
        <source>Which picture</source>
        <translation>어느 이미지</translation>
    </message>
    <message>
        <source>Compare what comes with this picture</source>
        <translation>다음 결과를 이 이미지와 비교</translation>
    </message>
    <message>
        <source>Comparison</source>
        <translation>비교</translation>
    </message>
    <message>
        <source>How the picture and the pinned one are shown</source>
        <translation>이미지와 고정한 이미지를 보이는 방식</translation>
    </message>
    <message>
        <source>Amplification</source>
        <translation>증폭</translation>
    </message>
    <message>
        <source>What the difference is multiplied by</source>
        <translation>차이에 곱하는 값</translation>
    </message>
    <message>
        <source>One pixel for one</source>
        <translation>픽셀 1:1</translation>
    </message>
    <message>
        <source>Take this step as latents</source>
        <translation>이 단계를 잠재 표현으로 가져오기</translation>
    </message>
    <message>
        <source>Save a copy</source>
        <translation>사본 저장</translation>
    </message>
    <message>
        <source>No picture yet.
{} runs the workflow.</source>
        <translation>아직 그림이 없습니다.
{} 키로 워크플로를 실행합니다.</translation>
    </message>
    <message>
        <source>This</source>
        <translation>이 이미지</translation>
    </message>
    <message>
        <source>Slide A | B</source>
        <translation>밀어서 A | B</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>차이</translation>
    </message>
    <message>
        <source>Save a copy…</source>
        <translation>사본 저장…</translation>
    </message>
    <message>
        <source>{} can&apos;t be written: {}.</source>
        <translation>{}에 쓸 수 없습니다: {}.</translation>
    </message>
    <message>
        <source>Cancelling… Run ▸ Restart the engine ends it at once</source>
        <translation>취소하는 중… 실행 ▸ 엔진 다시 시작을 누르면 바로 끝납니다</translation>
    </message>
    <message>
        <source>The engine does not start. Run restarts it.</source>
        <translation>엔진이 시작되지 않습니다. 실행하면 다시 시작합니다.</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>취소하는 중…</translation>
    </message>
    <message>
        <source>A job from before goes on.</source>
        <translation>이전 작업 하나가 계속됩니다.</translation>
    </message>
    <message>
        <source>{} jobs from before go on.</source>
        <translation>이전 작업 {}개가 계속됩니다.</translation>
    </message>
    <message>
        <source>On a graphics card: the first run takes minutes longer, later ones less</source>
        <translation>그래픽 카드에서: 첫 실행은 몇 분 더 걸리고, 이후 실행은 더 짧아집니다</translation>
    </message>
    <message>
        <source>On a graphics card: float32 products are rounded to 10 bits, about 0.001 off</source>
        <translation>그래픽 카드에서: float32 곱셈을 10비트로 반올림하며, 오차는 약 0.001입니다</translation>
    </message>
    <message>
        <source>Compile layers</source>
        <translation>레이어 컴파일</translation>
    </message>
    <message>
        <source>TensorFloat-32</source>
        <translation>TensorFloat-32</translation>
    </message>
    <message>
        <source>Look elsewhere</source>
        <translation>다른 곳 보기</translation>
    </message>
    <message>
        <source>Middle button, or Space and drag</source>
        <translation>가운데 버튼, 또는 Space를 누르고 끌기</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>확대/축소</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>휠</translation>
    </message>
    <message>
        <source>Search for a node</source>
        <translation>노드 찾기</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>더블 클릭</translation>
    </message>
    <message>
        <source>Nodes that fit a link</source>
        <translation>링크에 맞는 노드</translation>
    </message>
    <message>
        <source>Drop the link on nothing</source>
        <translation>링크를 빈 곳에 놓기</translation>
    </message>
    <message>
        <source>Add to a selection</source>
        <translation>선택에 더하기</translation>
    </message>
    <message>
        <source>Shift or Ctrl and click, or drag an area</source>
        <translation>Shift 또는 Ctrl을 누르고 클릭하거나 영역 끌기</translation>
    </message>
    <message>
        <source>Put a node into a link</source>
        <translation>노드를 링크에 끼우기</translation>
    </message>
    <message>
        <source>Drop the node on the link</source>
        <translation>노드를 링크 위에 놓기</translation>
    </message>
    <message>
        <source>Lead a link through a dot</source>
        <translation>링크가 점을 지나게 하기</translation>
    </message>
    <message>
        <source>Double click on the link</source>
        <translation>링크를 더블 클릭</translation>
    </message>
    <message>
        <source>Cut links</source>
        <translation>링크 자르기</translation>
    </message>
    <message>
        <source>Ctrl and drag with the right button</source>
        <translation>Ctrl을 누르고 오른쪽 버튼으로 끌기</translation>
    </message>
    <message>
        <source>Another link from an input</source>
        <translation>입력에서 다른 링크</translation>
    </message>
    <message>
        <source>Shift and drag from it</source>
        <translation>Shift를 누르고 끌기</translation>
    </message>
    <message>
        <source>Move off the grid</source>
        <translation>격자에서 벗어나 옮기기</translation>
    </message>
    <message>
        <source>Alt and drag</source>
        <translation>Alt를 누르고 끌기</translation>
    </message>
    <message>
        <source>Change a number</source>
        <translation>숫자 바꾸기</translation>
    </message>
    <message>
        <source>Drag over it; finer with Shift, faster with Ctrl</source>
        <translation>그 위로 끌기. Shift로 더 세밀하게, Ctrl로 더 빠르게</translation>
    </message>
    <message>
        <source>{} is here again as it was, and is not saved.</source>
        <translation>{} 워크플로가 그대로 다시 열렸으며, 아직 저장되지 않았습니다.</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>복사</translation>
    </message>
    <message>
        <source>This picture is in no file yet.</source>
        <translation>이 이미지는 아직 파일로 저장되지 않았습니다.</translation>
    </message>
    <message>
        <source>{} can&apos;t be shown.</source>
        <translation>{}을(를) 표시할 수 없습니다.</translation>
    </message>
    <message>
        <source>{} can&apos;t be written.</source>
        <translation>{}에 쓸 수 없습니다.</translation>
    </message>
    <message>
        <source>What runs</source>
        <translation>실행 중인 것</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>진행</translation>
    </message>
    <message>
        <source>Cancel what runs; what is finished of it is kept</source>
        <translation>실행을 취소합니다. 끝난 부분은 남습니다</translation>
    </message>
    <message>
        <source>The engine is starting…</source>
        <translation>엔진을 시작하는 중…</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>준비됨</translation>
    </message>
    <message>
        <source>Preparing</source>
        <translation>준비 중</translation>
    </message>
    <message>
        <source>{} of about {}</source>
        <translation>{} / 약 {}</translation>
    </message>
    <message>
        <source>The queue is paused, {} waiting</source>
        <translation>대기열이 멈춤, {}개 대기 중</translation>
    </message>
    <message>
        <source>{} waiting</source>
        <translation>{}개 대기 중</translation>
    </message>
    <message>
        <source>step {} of {}</source>
        <translation>{} / {}단계</translation>
    </message>
    <message>
        <source>node {} of {}</source>
        <translation>노드 {} / {}</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>문제</translation>
    </message>
    <message>
        <source>Press Enter or click to go to the node</source>
        <translation>Enter를 누르거나 클릭하면 노드로 갑니다</translation>
    </message>
    <message>
        <source>No problems.</source>
        <translation>문제가 없습니다.</translation>
    </message>
    <message>
        <source>It took {}.</source>
        <translation>{} 걸렸습니다.</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>작업</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>일시 정지</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>앞으로</translation>
    </message>
    <message>
        <source>Later</source>
        <translation>뒤로</translation>
    </message>
    <message>
        <source>Run again, with the same seeds</source>
        <translation>같은 시드로 다시 실행</translation>
    </message>
    <message>
        <source>Forget what is over</source>
        <translation>끝난 작업 지우기</translation>
    </message>
    <message>
        <source>Nothing waits. What you run shows up here.</source>
        <translation>대기 중인 작업이 없습니다. 실행하면 여기에 나타납니다.</translation>
    </message>
    <message>
        <source>Begin the jobs that wait</source>
        <translation>대기 중인 작업 시작</translation>
    </message>
    <message>
        <source>Begin no further job</source>
        <translation>새 작업 시작 안 함</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>계속</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>일시 정지됨</translation>
    </message>
    <message>
        <source>preparing</source>
        <translation>준비 중</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>대기 중</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>실패</translation>
    </message>
    <message>
        <source>{} file</source>
        <translation>파일 {}개</translation>
    </message>
    <message>
        <source>{} files</source>
        <translation>파일 {}개</translation>
    </message>
    <message>
        <source>The queue is paused: the run waits until it goes on.</source>
        <translation>대기열이 멈춰 있습니다. 다시 시작할 때까지 실행이 기다립니다.</translation>
    </message>
    <message>
        <source>Lock</source>
        <translation>잠금</translation>
    </message>
    <message>
        <source>Unlock</source>
        <translation>잠금 해제</translation>
    </message>
    <message>
        <source>{} Job {} is given up.</source>
        <translation>{} 작업 {}을(를) 포기합니다.</translation>
    </message>
    <message>
        <source>{} h {} min</source>
        <translation>{}시간 {}분</translation>
    </message>
    <message>
        <source>running</source>
        <translation>실행 중</translation>
    </message>
    <message>
        <source>done</source>
        <translation>완료</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>취소됨</translation>
    </message>
    <message>
        <source>{} node to run</source>
        <translation>실행할 노드 {}개</translation>
    </message>
    <message>
        <source>{} nodes to run</source>
        <translation>실행할 노드 {}개</translation>
    </message>
    <message>
        <source>about {}</source>
        <translation>약 {}</translation>
    </message>
    <message>
        <source>The settings in {} can&apos;t be read; the defaults are used.</source>
        <translation>{}의 설정을 읽을 수 없어 기본값을 사용합니다.</translation>
    </message>
    <message>
        <source>The settings in {} are partly damaged ({}); defaults are used for these.</source>
        <translation>{}의 설정 일부가 손상되었습니다({}). 해당 항목은 기본값을 사용합니다.</translation>
    </message>
    <message>
        <source>The settings can&apos;t be written to {}: {}.</source>
        <translation>설정을 {}에 쓸 수 없습니다: {}.</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>설정</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>테마</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>언어</translation>
    </message>
    <message>
        <source>the usual folder</source>
        <translation>기본 폴더</translation>
    </message>
    <message>
        <source>all there is</source>
        <translation>전부</translation>
    </message>
    <message>
        <source>How much of the device&apos;s memory a run may take</source>
        <translation>실행이 쓸 수 있는 장치 메모리</translation>
    </message>
    <message>
        <source>Device memory</source>
        <translation>장치 메모리</translation>
    </message>
    <message>
        <source>never</source>
        <translation>안 함</translation>
    </message>
    <message>
        <source>How often unsaved work is kept against a crash</source>
        <translation>비정상 종료에 대비해 저장 전 작업을 보관하는 간격</translation>
    </message>
    <message>
        <source>Keep unsaved work every</source>
        <translation>저장 전 작업 보관 간격</translation>
    </message>
    <message>
        <source>Run after every change</source>
        <translation>바뀔 때마다 실행</translation>
    </message>
    <message>
        <source>Live mode</source>
        <translation>라이브 모드</translation>
    </message>
    <message>
        <source>Another language holds from the next start on.</source>
        <translation>언어는 다음에 시작할 때 바뀝니다.</translation>
    </message>
    <message>
        <source>Model folders</source>
        <translation>모델 폴더</translation>
    </message>
    <message>
        <source>Output folder</source>
        <translation>출력 폴더</translation>
    </message>
    <message>
        <source>Add a folder</source>
        <translation>폴더 추가</translation>
    </message>
    <message>
        <source>Take the folder off the list</source>
        <translation>목록에서 폴더 빼기</translation>
    </message>
    <message>
        <source>Search it earlier</source>
        <translation>더 먼저 찾기</translation>
    </message>
    <message>
        <source>Where pictures are written</source>
        <translation>이미지를 저장하는 곳</translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation>시스템 설정대로</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>어둡게</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>밝게</translation>
    </message>
    <message>
        <source>A folder with models</source>
        <translation>모델이 있는 폴더</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>단축키</translation>
    </message>
    <message>
        <source>Search commands and keys</source>
        <translation>명령과 키 검색</translation>
    </message>
    <message>
        <source>Commands and keys</source>
        <translation>명령과 키</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>명령</translation>
    </message>
    <message>
        <source>Menu</source>
        <translation>메뉴</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>키</translation>
    </message>
    <message>
        <source>Nodes</source>
        <translation>노드</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>속성</translation>
    </message>
    <message>
        <source>Recovered</source>
        <translation>복구됨</translation>
    </message>
    <message>
        <source>Gallery</source>
        <translation>갤러리</translation>
    </message>
    <message>
        <source>Sweep</source>
        <translation>스윕</translation>
    </message>
    <message>
        <source>The program ended unexpectedly.</source>
        <translation>프로그램이 예기치 않게 끝났습니다.</translation>
    </message>
    <message>
        <source>Other work that was not saved is in these files:</source>
        <translation>저장되지 않은 다른 작업은 다음 파일에 있습니다:</translation>
    </message>
    <message>
        <source>Queue</source>
        <translation>대기열</translation>
    </message>
    <message>
        <source>Latent Loom {}: a node editor for diffusion models.</source>
        <translation>Latent Loom {}: 확산 모델을 위한 노드 편집기.</translation>
    </message>
    <message>
        <source>Use a cell&apos;s values</source>
        <translation>칸의 값 사용</translation>
    </message>
    <message>
        <source>Unsaved work can&apos;t be kept: {}.</source>
        <translation>저장 전 작업을 보관할 수 없습니다: {}.</translation>
    </message>
    <message>
        <source>Paint {}</source>
        <translation>{} 그리기</translation>
    </message>
    <message>
        <source>The process that runs workflows could not be started.</source>
        <translation>워크플로를 실행하는 프로세스를 시작하지 못했습니다.</translation>
    </message>
    <message>
        <source>The process that runs workflows was ended by the system, most likely because memory ran out.</source>
        <translation>워크플로를 실행하는 프로세스를 시스템이 종료했습니다. 메모리가 부족했을 가능성이 큽니다.</translation>
    </message>
    <message>
        <source>The editor is closing.</source>
        <translation>편집기를 닫는 중입니다.</translation>
    </message>
    <message>
        <source>The process that runs workflows was ended.</source>
        <translation>워크플로를 실행하는 프로세스를 끝냈습니다.</translation>
    </message>
    <message>
        <source>The process that runs workflows ended unexpectedly (code {}).</source>
        <translation>워크플로를 실행하는 프로세스가 예기치 않게 끝났습니다(코드 {}).</translation>
    </message>
    <message>
        <source>It is started again.</source>
        <translation>다시 시작합니다.</translation>
    </message>
</context>
<context>
    <name>nodes</name>
    <message>
        <source>Record attention</source>
        <translation>어텐션 기록</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>층</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>시작</translation>
    </message>
    <message>
        <source>End</source>
        <translation>끝</translation>
    </message>
    <message>
        <source>Hook</source>
        <translation>훅</translation>
    </message>
    <message>
        <source>Attention by word</source>
        <translation>단어별 어텐션</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>어텐션</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>토크나이저</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>이미지</translation>
    </message>
    <message>
        <source>Text</source>
        <translation>텍스트</translation>
    </message>
    <message>
        <source>Words</source>
        <translation>낱말</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>배율</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>이미지</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>이미지들</translation>
    </message>
    <message>
        <source>Masks</source>
        <translation>마스크들</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>이름표</translation>
    </message>
    <message>
        <source>Join batches</source>
        <translation>배치 잇기</translation>
    </message>
    <message>
        <source>Batches</source>
        <translation>배치</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>배치</translation>
    </message>
    <message>
        <source>Split batch</source>
        <translation>배치 나누기</translation>
    </message>
    <message>
        <source>Pick one</source>
        <translation>하나 고르기</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>번호</translation>
    </message>
    <message>
        <source>Part of batch</source>
        <translation>배치의 일부</translation>
    </message>
    <message>
        <source>First</source>
        <translation>처음</translation>
    </message>
    <message>
        <source>Count</source>
        <translation>개수</translation>
    </message>
    <message>
        <source>Reverse batch</source>
        <translation>배치 뒤집기</translation>
    </message>
    <message>
        <source>Repeat batch</source>
        <translation>배치 반복</translation>
    </message>
    <message>
        <source>Times</source>
        <translation>횟수</translation>
    </message>
    <message>
        <source>Load captioner</source>
        <translation>캡션 모델 불러오기</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>모델</translation>
    </message>
    <message>
        <source>Captioner</source>
        <translation>캡션 모델</translation>
    </message>
    <message>
        <source>Load text generator</source>
        <translation>텍스트 생성기 불러오기</translation>
    </message>
    <message>
        <source>Text generator</source>
        <translation>텍스트 생성기</translation>
    </message>
    <message>
        <source>Caption</source>
        <translation>캡션</translation>
    </message>
    <message>
        <source>Begin</source>
        <translation>시작</translation>
    </message>
    <message>
        <source>Most</source>
        <translation>최대 수</translation>
    </message>
    <message>
        <source>Variations of a text</source>
        <translation>텍스트 변형</translation>
    </message>
    <message>
        <source>Generator</source>
        <translation>생성기</translation>
    </message>
    <message>
        <source>Request</source>
        <translation>요청</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>시드</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>온도</translation>
    </message>
    <message>
        <source>Top k</source>
        <translation>상위 k</translation>
    </message>
    <message>
        <source>Adjust</source>
        <translation>조정</translation>
    </message>
    <message>
        <source>Brightness</source>
        <translation>밝기</translation>
    </message>
    <message>
        <source>Contrast</source>
        <translation>대비</translation>
    </message>
    <message>
        <source>Saturation</source>
        <translation>채도</translation>
    </message>
    <message>
        <source>Gamma</source>
        <translation>감마</translation>
    </message>
    <message>
        <source>To grey</source>
        <translation>회색조로</translation>
    </message>
    <message>
        <source>Invert colours</source>
        <translation>색 반전</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>비교</translation>
    </message>
    <message>
        <source>Second</source>
        <translation>둘째</translation>
    </message>
    <message>
        <source>Largest</source>
        <translation>최대</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>평균</translation>
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
        <translation>차이</translation>
    </message>
    <message>
        <source>Gain</source>
        <translation>이득</translation>
    </message>
    <message>
        <source>Side by side</source>
        <translation>나란히</translation>
    </message>
    <message>
        <source>First name</source>
        <translation>첫째 이름</translation>
    </message>
    <message>
        <source>Second name</source>
        <translation>둘째 이름</translation>
    </message>
    <message>
        <source>Slider</source>
        <translation>슬라이더</translation>
    </message>
    <message>
        <source>Position</source>
        <translation>위치</translation>
    </message>
    <message>
        <source>Histogram</source>
        <translation>히스토그램</translation>
    </message>
    <message>
        <source>Numbers</source>
        <translation>번호들</translation>
    </message>
    <message>
        <source>Composite</source>
        <translation>합성</translation>
    </message>
    <message>
        <source>Base</source>
        <translation>바탕</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>레이어</translation>
    </message>
    <message>
        <source>Mask</source>
        <translation>마스크</translation>
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
        <translation>불투명도</translation>
    </message>
    <message>
        <source>Blend</source>
        <translation>섞는 방식</translation>
    </message>
    <message>
        <source>Labelled grid</source>
        <translation>이름표 격자</translation>
    </message>
    <message>
        <source>Columns</source>
        <translation>열</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>제목</translation>
    </message>
    <message>
        <source>Enlarge</source>
        <translation>확대</translation>
    </message>
    <message>
        <source>Inpainting channels</source>
        <translation>인페인팅 채널</translation>
    </message>
    <message>
        <source>VAE</source>
        <translation>VAE</translation>
    </message>
    <message>
        <source>Extra channels</source>
        <translation>추가 채널</translation>
    </message>
    <message>
        <source>Picture to edit</source>
        <translation>편집할 이미지</translation>
    </message>
    <message>
        <source>Depth channel</source>
        <translation>깊이 채널</translation>
    </message>
    <message>
        <source>Depth</source>
        <translation>깊이</translation>
    </message>
    <message>
        <source>Latents</source>
        <translation>잠재 표현</translation>
    </message>
    <message>
        <source>Classes</source>
        <translation>클래스</translation>
    </message>
    <message>
        <source>Conditioning</source>
        <translation>조건</translation>
    </message>
    <message>
        <source>Picture to enlarge</source>
        <translation>확대할 이미지</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>노이즈</translation>
    </message>
    <message>
        <source>Scheduler</source>
        <translation>스케줄러</translation>
    </message>
    <message>
        <source>Noise level</source>
        <translation>노이즈 수준</translation>
    </message>
    <message>
        <source>Latents to enlarge</source>
        <translation>확대할 잠재 표현</translation>
    </message>
    <message>
        <source>UNet</source>
        <translation>UNet</translation>
    </message>
    <message>
        <source>Load ControlNet</source>
        <translation>ControlNet 불러오기</translation>
    </message>
    <message>
        <source>Variant</source>
        <translation>변형</translation>
    </message>
    <message>
        <source>Load T2I-Adapter</source>
        <translation>T2I-Adapter 불러오기</translation>
    </message>
    <message>
        <source>ControlNet</source>
        <translation>ControlNet</translation>
    </message>
    <message>
        <source>Hint</source>
        <translation>힌트</translation>
    </message>
    <message>
        <source>Guess</source>
        <translation>추측</translation>
    </message>
    <message>
        <source>Control</source>
        <translation>컨트롤</translation>
    </message>
    <message>
        <source>T2I-Adapter</source>
        <translation>T2I-Adapter</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>어댑터</translation>
    </message>
    <message>
        <source>Denoise</source>
        <translation>노이즈 제거</translation>
    </message>
    <message>
        <source>Positive</source>
        <translation>긍정</translation>
    </message>
    <message>
        <source>Negative</source>
        <translation>부정</translation>
    </message>
    <message>
        <source>Guide</source>
        <translation>가이드</translation>
    </message>
    <message>
        <source>Hooks</source>
        <translation>훅</translation>
    </message>
    <message>
        <source>Controls</source>
        <translation>컨트롤</translation>
    </message>
    <message>
        <source>Preview</source>
        <translation>미리보기</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>단계 수</translation>
    </message>
    <message>
        <source>Guidance</source>
        <translation>가이던스</translation>
    </message>
    <message>
        <source>Record</source>
        <translation>기록</translation>
    </message>
    <message>
        <source>Trajectory</source>
        <translation>궤적</translation>
    </message>
    <message>
        <source>Denoise a picture</source>
        <translation>이미지에서 노이즈 제거</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>강도</translation>
    </message>
    <message>
        <source>Denoise on</source>
        <translation>이어서 노이즈 제거</translation>
    </message>
    <message>
        <source>Mask of a difference</source>
        <translation>차이로 마스크 만들기</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>원본</translation>
    </message>
    <message>
        <source>Target</source>
        <translation>대상</translation>
    </message>
    <message>
        <source>Maps</source>
        <translation>맵</translation>
    </message>
    <message>
        <source>Ratio</source>
        <translation>비율</translation>
    </message>
    <message>
        <source>Invert</source>
        <translation>반전</translation>
    </message>
    <message>
        <source>Follow outside the mask</source>
        <translation>마스크 밖 따라가기</translation>
    </message>
    <message>
        <source>Denoise an inversion</source>
        <translation>반전에서 노이즈 제거</translation>
    </message>
    <message>
        <source>Keep outside the mask</source>
        <translation>마스크 밖 유지</translation>
    </message>
    <message>
        <source>Blur</source>
        <translation>흐리게</translation>
    </message>
    <message>
        <source>Radius</source>
        <translation>반지름</translation>
    </message>
    <message>
        <source>Sharpen</source>
        <translation>선명하게</translation>
    </message>
    <message>
        <source>Amount</source>
        <translation>양</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>문턱값</translation>
    </message>
    <message>
        <source>Canny edges</source>
        <translation>Canny 윤곽선</translation>
    </message>
    <message>
        <source>Low</source>
        <translation>하한</translation>
    </message>
    <message>
        <source>High</source>
        <translation>상한</translation>
    </message>
    <message>
        <source>Classifier-free guidance</source>
        <translation>분류기 없는 가이던스</translation>
    </message>
    <message>
        <source>Rescale</source>
        <translation>재조정</translation>
    </message>
    <message>
        <source>Guidance ramp</source>
        <translation>가이던스 변화</translation>
    </message>
    <message>
        <source>Last</source>
        <translation>마지막</translation>
    </message>
    <message>
        <source>Picture and instruction</source>
        <translation>이미지와 지시</translation>
    </message>
    <message>
        <source>Picture scale</source>
        <translation>이미지 강도</translation>
    </message>
    <message>
        <source>Block caching</source>
        <translation>블록 캐싱</translation>
    </message>
    <message>
        <source>Every</source>
        <translation>간격</translation>
    </message>
    <message>
        <source>Branch</source>
        <translation>분기</translation>
    </message>
    <message>
        <source>Token merging</source>
        <translation>토큰 병합</translation>
    </message>
    <message>
        <source>Levels</source>
        <translation>레벨 수</translation>
    </message>
    <message>
        <source>Picks</source>
        <translation>선택 방식</translation>
    </message>
    <message>
        <source>Load picture</source>
        <translation>이미지 불러오기</translation>
    </message>
    <message>
        <source>File</source>
        <translation>파일</translation>
    </message>
    <message>
        <source>Alpha</source>
        <translation>알파</translation>
    </message>
    <message>
        <source>Load pictures</source>
        <translation>여러 이미지 불러오기</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>폴더</translation>
    </message>
    <message>
        <source>Pattern</source>
        <translation>패턴</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>너비</translation>
    </message>
    <message>
        <source>Height</source>
        <translation>높이</translation>
    </message>
    <message>
        <source>How</source>
        <translation>방식</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>필터</translation>
    </message>
    <message>
        <source>Names</source>
        <translation>이름들</translation>
    </message>
    <message>
        <source>Save picture</source>
        <translation>이미지 저장</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>이름</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>형식</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>품질</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>크기</translation>
    </message>
    <message>
        <source>Grid</source>
        <translation>격자</translation>
    </message>
    <message>
        <source>Empty latents</source>
        <translation>빈 잠재 표현</translation>
    </message>
    <message>
        <source>Pixels to picture</source>
        <translation>픽셀을 이미지로</translation>
    </message>
    <message>
        <source>Join latents</source>
        <translation>잠재 표현 잇기</translation>
    </message>
    <message>
        <source>Load model</source>
        <translation>모델 불러오기</translation>
    </message>
    <message>
        <source>Data type</source>
        <translation>자료형</translation>
    </message>
    <message>
        <source>Prediction</source>
        <translation>예측</translation>
    </message>
    <message>
        <source>Vocabulary</source>
        <translation>어휘</translation>
    </message>
    <message>
        <source>Text encoder</source>
        <translation>텍스트 인코더</translation>
    </message>
    <message>
        <source>Load SDXL model</source>
        <translation>SDXL 모델 불러오기</translation>
    </message>
    <message>
        <source>Text encoder 2</source>
        <translation>텍스트 인코더 2</translation>
    </message>
    <message>
        <source>Tokenizer 2</source>
        <translation>토크나이저 2</translation>
    </message>
    <message>
        <source>Load UNet</source>
        <translation>UNet 불러오기</translation>
    </message>
    <message>
        <source>Load VAE</source>
        <translation>VAE 불러오기</translation>
    </message>
    <message>
        <source>Load text encoder</source>
        <translation>텍스트 인코더 불러오기</translation>
    </message>
    <message>
        <source>Which</source>
        <translation>선택</translation>
    </message>
    <message>
        <source>Load tokenizer</source>
        <translation>토크나이저 불러오기</translation>
    </message>
    <message>
        <source>Load scheduler</source>
        <translation>스케줄러 불러오기</translation>
    </message>
    <message>
        <source>Begin a run</source>
        <translation>실행 시작</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>샘플링</translation>
    </message>
    <message>
        <source>Predict</source>
        <translation>예측</translation>
    </message>
    <message>
        <source>Mix predictions</source>
        <translation>예측 섞기</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>비율</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>단계</translation>
    </message>
    <message>
        <source>Switch solver</source>
        <translation>솔버 바꾸기</translation>
    </message>
    <message>
        <source>From step on</source>
        <translation>이 단계부터</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>이전</translation>
    </message>
    <message>
        <source>After</source>
        <translation>이후</translation>
    </message>
    <message>
        <source>Latents of a run</source>
        <translation>실행의 잠재 표현</translation>
    </message>
    <message>
        <source>Picture so far</source>
        <translation>지금까지의 이미지</translation>
    </message>
    <message>
        <source>Draw mask</source>
        <translation>마스크 그리기</translation>
    </message>
    <message>
        <source>Like</source>
        <translation>참고</translation>
    </message>
    <message>
        <source>Shapes</source>
        <translation>도형</translation>
    </message>
    <message>
        <source>Picture to mask</source>
        <translation>이미지를 마스크로</translation>
    </message>
    <message>
        <source>Mask from colour</source>
        <translation>색으로 마스크 만들기</translation>
    </message>
    <message>
        <source>Colour</source>
        <translation>색</translation>
    </message>
    <message>
        <source>Tolerance</source>
        <translation>허용 오차</translation>
    </message>
    <message>
        <source>Softness</source>
        <translation>부드러움</translation>
    </message>
    <message>
        <source>Padding</source>
        <translation>여백</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>왼쪽</translation>
    </message>
    <message>
        <source>Top</source>
        <translation>위</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>오른쪽</translation>
    </message>
    <message>
        <source>Bottom</source>
        <translation>아래</translation>
    </message>
    <message>
        <source>Feather</source>
        <translation>가장자리 부드럽게</translation>
    </message>
    <message>
        <source>Grow or shrink</source>
        <translation>늘리기·줄이기</translation>
    </message>
    <message>
        <source>Pixels</source>
        <translation>픽셀</translation>
    </message>
    <message>
        <source>Combine masks</source>
        <translation>마스크 합치기</translation>
    </message>
    <message>
        <source>Fill holes</source>
        <translation>구멍 메우기</translation>
    </message>
    <message>
        <source>Mask to picture</source>
        <translation>마스크를 이미지로</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>값</translation>
    </message>
    <message>
        <source>Seeds</source>
        <translation>여러 시드</translation>
    </message>
    <message>
        <source>Others</source>
        <translation>나머지</translation>
    </message>
    <message>
        <source>Load safety checker</source>
        <translation>안전 검사기 불러오기</translation>
    </message>
    <message>
        <source>Safety checker</source>
        <translation>안전 검사기</translation>
    </message>
    <message>
        <source>Checker</source>
        <translation>검사기</translation>
    </message>
    <message>
        <source>Blanked</source>
        <translation>지운 것</translation>
    </message>
    <message>
        <source>Watermark</source>
        <translation>워터마크</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>메시지</translation>
    </message>
    <message>
        <source>Read watermark</source>
        <translation>워터마크 읽기</translation>
    </message>
    <message>
        <source>Bits</source>
        <translation>비트</translation>
    </message>
    <message>
        <source>Equal</source>
        <translation>같음</translation>
    </message>
    <message>
        <source>Agreement</source>
        <translation>일치도</translation>
    </message>
    <message>
        <source>Solver by name</source>
        <translation>이름으로 솔버 선택</translation>
    </message>
    <message>
        <source>Chosen steps</source>
        <translation>고른 단계</translation>
    </message>
    <message>
        <source>Timesteps</source>
        <translation>타임스텝</translation>
    </message>
    <message>
        <source>Sigmas</source>
        <translation>시그마</translation>
    </message>
    <message>
        <source>Noise schedule</source>
        <translation>노이즈 스케줄</translation>
    </message>
    <message>
        <source>Betas</source>
        <translation>베타</translation>
    </message>
    <message>
        <source>Beta start</source>
        <translation>베타 시작</translation>
    </message>
    <message>
        <source>Beta end</source>
        <translation>베타 끝</translation>
    </message>
    <message>
        <source>Zero terminal SNR</source>
        <translation>끝점 SNR 0</translation>
    </message>
    <message>
        <source>Spacing of steps</source>
        <translation>단계 간격</translation>
    </message>
    <message>
        <source>Spacing</source>
        <translation>간격</translation>
    </message>
    <message>
        <source>Offset</source>
        <translation>오프셋</translation>
    </message>
    <message>
        <source>Set alpha to one</source>
        <translation>알파를 1로</translation>
    </message>
    <message>
        <source>Bounds of the picture</source>
        <translation>이미지의 경계</translation>
    </message>
    <message>
        <source>Clip</source>
        <translation>자르기</translation>
    </message>
    <message>
        <source>Clip range</source>
        <translation>제한 범위</translation>
    </message>
    <message>
        <source>Flow shift</source>
        <translation>Flow 시프트</translation>
    </message>
    <message>
        <source>Shift</source>
        <translation>시프트</translation>
    </message>
    <message>
        <source>DDPM</source>
        <translation>DDPM</translation>
    </message>
    <message>
        <source>Variance</source>
        <translation>분산</translation>
    </message>
    <message>
        <source>DDIM</source>
        <translation>DDIM</translation>
    </message>
    <message>
        <source>Eta</source>
        <translation>에타</translation>
    </message>
    <message>
        <source>Follow clipped</source>
        <translation>제한값 따르기</translation>
    </message>
    <message>
        <source>DDIM inverse</source>
        <translation>DDIM 역방향</translation>
    </message>
    <message>
        <source>PNDM (PLMS)</source>
        <translation>PNDM (PLMS)</translation>
    </message>
    <message>
        <source>Warm up</source>
        <translation>준비 단계</translation>
    </message>
    <message>
        <source>LCM</source>
        <translation>LCM</translation>
    </message>
    <message>
        <source>Distilled steps</source>
        <translation>증류 단계 수</translation>
    </message>
    <message>
        <source>Timestep scaling</source>
        <translation>타임스텝 배율</translation>
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
        <translation>최소</translation>
    </message>
    <message>
        <source>Interpolation</source>
        <translation>보간</translation>
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
        <translation>확률적</translation>
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
        <translation>DPM-Solver 다단계</translation>
    </message>
    <message>
        <source>Algorithm</source>
        <translation>알고리즘</translation>
    </message>
    <message>
        <source>Order</source>
        <translation>차수</translation>
    </message>
    <message>
        <source>Solver</source>
        <translation>솔버</translation>
    </message>
    <message>
        <source>Euler at final</source>
        <translation>마지막은 Euler</translation>
    </message>
    <message>
        <source>Lower order final</source>
        <translation>마지막 차수 낮춤</translation>
    </message>
    <message>
        <source>Clip lambda</source>
        <translation>람다 제한</translation>
    </message>
    <message>
        <source>Learned variance</source>
        <translation>학습된 분산</translation>
    </message>
    <message>
        <source>DPM-Solver singlestep</source>
        <translation>DPM-Solver 단일 단계</translation>
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
        <translation>보정 안 함</translation>
    </message>
    <message>
        <source>Contact sheet</source>
        <translation>밀착 인화지</translation>
    </message>
    <message>
        <source>Cells</source>
        <translation>칸</translation>
    </message>
    <message>
        <source>Prompt</source>
        <translation>프롬프트</translation>
    </message>
    <message>
        <source>Clip skip</source>
        <translation>Clip skip</translation>
    </message>
    <message>
        <source>States</source>
        <translation>상태</translation>
    </message>
    <message>
        <source>Long prompt</source>
        <translation>긴 프롬프트</translation>
    </message>
    <message>
        <source>Prompts</source>
        <translation>여러 프롬프트</translation>
    </message>
    <message>
        <source>Texts</source>
        <translation>텍스트들</translation>
    </message>
    <message>
        <source>Average</source>
        <translation>평균</translation>
    </message>
    <message>
        <source>Fill in</source>
        <translation>채우기</translation>
    </message>
    <message>
        <source>Template</source>
        <translation>틀</translation>
    </message>
    <message>
        <source>Join encoders</source>
        <translation>인코더 합치기</translation>
    </message>
    <message>
        <source>SDXL sizes</source>
        <translation>SDXL 크기</translation>
    </message>
    <message>
        <source>Original width</source>
        <translation>원본 너비</translation>
    </message>
    <message>
        <source>Original height</source>
        <translation>원본 높이</translation>
    </message>
    <message>
        <source>Crop left</source>
        <translation>왼쪽 자르기</translation>
    </message>
    <message>
        <source>Crop top</source>
        <translation>위쪽 자르기</translation>
    </message>
    <message>
        <source>SDXL refiner sizes</source>
        <translation>SDXL 리파이너 크기</translation>
    </message>
    <message>
        <source>Aesthetic score</source>
        <translation>미적 점수</translation>
    </message>
    <message>
        <source>No prompt</source>
        <translation>프롬프트 없음</translation>
    </message>
    <message>
        <source>Then</source>
        <translation>다음으로</translation>
    </message>
    <message>
        <source>At</source>
        <translation>위치</translation>
    </message>
    <message>
        <source>Prompts of a batch</source>
        <translation>배치의 프롬프트</translation>
    </message>
    <message>
        <source>Conditionings</source>
        <translation>조건들</translation>
    </message>
    <message>
        <source>Step of a trajectory</source>
        <translation>궤적의 한 단계</translation>
    </message>
    <message>
        <source>Steps side by side</source>
        <translation>단계 나란히 보기</translation>
    </message>
    <message>
        <source>Resize</source>
        <translation>크기 조절</translation>
    </message>
    <message>
        <source>Factor</source>
        <translation>배수</translation>
    </message>
    <message>
        <source>Multiple</source>
        <translation>배수 단위</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>자르기</translation>
    </message>
    <message>
        <source>Crop centre</source>
        <translation>가운데 자르기</translation>
    </message>
    <message>
        <source>Crop to mask</source>
        <translation>마스크에 맞춰 자르기</translation>
    </message>
    <message>
        <source>Pad</source>
        <translation>여백 넣기</translation>
    </message>
    <message>
        <source>Border</source>
        <translation>테두리</translation>
    </message>
    <message>
        <source>Flip</source>
        <translation>뒤집기</translation>
    </message>
    <message>
        <source>Axis</source>
        <translation>축</translation>
    </message>
    <message>
        <source>Rotate</source>
        <translation>회전</translation>
    </message>
    <message>
        <source>Degrees</source>
        <translation>각도</translation>
    </message>
    <message>
        <source>Decode</source>
        <translation>디코딩</translation>
    </message>
    <message>
        <source>Encode</source>
        <translation>인코딩</translation>
    </message>
    <message>
        <source>Repeat</source>
        <translation>반복</translation>
    </message>
    <message>
        <source>Item</source>
        <translation>항목</translation>
    </message>
    <message>
        <source>Items</source>
        <translation>항목들</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>번호</translation>
    </message>
</context>
</TS>
