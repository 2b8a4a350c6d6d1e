"""Blocks of a loop on all cores: each runs once, whoever asks, and with every number of threads."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from wengert.compiler import engine, linking, threads

# block k adds 1 to entry k of the array, and, for `nested`, runs a whole loop over row k of it
MODULE = """
declare void @wengert_parallel_for(ptr, ptr, i64)
define internal void @count(ptr %array, i64 %k) nounwind {
  %at = getelementptr i64, ptr %array, i64 %k
  %value = load i64, ptr %at
  %more = add i64 %value, 1
  store i64 %more, ptr %at
  ret void
}
define internal void @row(ptr %array, i64 %k) nounwind {
  %offset = mul i64 %k, 10
  %at = getelementptr i64, ptr %array, i64 %offset
  call void @wengert_parallel_for(ptr @count, ptr %at, i64 10)
  ret void
}
define internal void @spin(ptr %array, i64 %k) nounwind {
start:
  br label %each
each:
  %n = phi i64 [ 0, %start ], [ %next, %each ]
  %next = add i64 %n, 1
  %at = getelementptr i64, ptr %array, i64 %k
  store volatile i64 %next, ptr %at
  %done = icmp eq i64 %next, 20000
  br i1 %done, label %end, label %each
end:
  ret void
}
define void @run(ptr %array, i64 %blocks) nounwind {
  call void @wengert_parallel_for(ptr @count, ptr %array, i64 %blocks)
  ret void
}
define void @nested(ptr %array, i64 %rows) nounwind {
  call void @wengert_parallel_for(ptr @row, ptr %array, i64 %rows)
  ret void
}
define void @busy(ptr %array, i64 %blocks) nounwind {
  call void @wengert_parallel_for(ptr @spin, ptr %array, i64 %blocks)
  ret void
}
"""
BLOCKS = [0, 1, 2, 3, 7, 16, 1000]


@pytest.fixture(scope="module")
def code():
    return engine.compile_module(MODULE)


@pytest.fixture(autouse=True)
def usual_limit():
    yield
    threads.limit(threads.usable())


@pytest.fixture(params=["with the lock", "without the lock"])
def run(request, code):
    kind = ctypes.PYFUNCTYPE if request.param == "with the lock" else ctypes.CFUNCTYPE

    def call(name, array, blocks):
        kind(None, ctypes.c_void_p, ctypes.c_int64)(code.address(name))(array.ctypes.data, blocks)

    return call


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 64])
@pytest.mark.parametrize("blocks", BLOCKS)
def test_each_block_runs_once(run, limit, blocks):
    threads.limit(limit)
    array = np.zeros(1001, np.int64)
    for _ in range(50):
        run("run", array, blocks)
    assert (array[:blocks] == 50).all()
    assert (array[blocks:] == 0).all()


def test_a_block_may_ask_for_blocks(run):
    threads.limit(3)
    array = np.zeros((40, 10), np.int64)
    for _ in range(50):
        run("nested", array, 40)
    assert (array == 50).all()


def test_many_threads_of_python_ask_at_once(code):
    threads.limit(4)
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(code.address("run"))
    wrong = []

    def work():
        array = np.zeros(100, np.int64)
        for _ in range(300):
            call(array.ctypes.data, 100)
        if not (array == 300).all():
            wrong.append(array)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_threads_start_with_the_first_loop_and_sleep_afterwards(run):
    threads.limit(4)
    array = np.zeros(64, np.int64)
    run("busy", array, 64)
    assert threads.running() >= 4
    assert (array == 20000).all()
    # what is measured is the time of the processor, all threads of the process taken together
    time.sleep(0.05)
    before = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - before < 0.1


def test_loops_in_quick_and_slow_succession(run):
    threads.limit(4)
    array = np.zeros(8, np.int64)
    for pause in (0, 1e-6, 1e-5, 1e-4, 1e-3):
        array[:] = 0
        for _ in range(40):
            run("run", array, 8)
            time.sleep(pause)
        assert (array == 40).all()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_child_of_fork_starts_threads_of_its_own():
    program = f"""if True:
        import ctypes, os, threading
        import numpy as np
        from wengert.compiler import engine, linking, threads
        threads.limit(3)
        code = engine.compile_module({MODULE!r})
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(code.address("run"))
        stop = threading.Event()

        def work():
            array = np.zeros(100, np.int64)
            call(array.ctypes.data, 100)
            assert (array == 1).all()

        def keep_working():
            while not stop.is_set():
                work()

        worker = threading.Thread(target=keep_working)
        worker.start()
        for _ in range(10):
            child = os.fork()
            if not child:
                assert threads.running() == 0
                for _ in range(100):
                    work()
                os._exit(threads.running())
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
        stop.set()
        worker.join()
        work()
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=120)


CHOICES = {
    "ours": ({"WENGERT_NUM_THREADS": "3", "OMP_NUM_THREADS": "5"}, 3),
    "at least one": ({"WENGERT_NUM_THREADS": "0"}, 1),
    "at most so many": ({"WENGERT_NUM_THREADS": "1000"}, 64),
    "that of OpenMP": ({"OMP_NUM_THREADS": "5"}, 5),
    "a list of OpenMP": ({"WENGERT_NUM_THREADS": "many", "OMP_NUM_THREADS": " 4, 2"}, 4),
}


@pytest.mark.parametrize(("environment", "expected"), CHOICES.values(), ids=CHOICES)
def test_the_user_chooses_the_number_of_threads(monkeypatch, environment, expected):
    for name in ("WENGERT_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert threads.usable() == expected


def test_without_a_choice_the_system_says_it(monkeypatch):
    monkeypatch.setenv("WENGERT_NUM_THREADS", "-1")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert 1 <= threads.usable() <= 64
    monkeypatch.setattr(threads, "_share_of_container", lambda: 1)
    assert threads.usable() == 1


def test_code_from_the_disk_finds_the_pool(tmp_path, monkeypatch):
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(linking, "versions", lambda: ("of a test",))
    engine.compile_module(MODULE, key="threads")
    program = """if True:
        import ctypes
        import numpy as np
        from wengert.compiler import engine, linking, threads
        linking.versions = lambda: ("of a test",)
        code = engine.load_stored("threads")
        array = np.zeros(100, np.int64)
        ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(code.address("run"))(array.ctypes.data, 100)
        assert (array == 1).all() and code.stored
    """
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
