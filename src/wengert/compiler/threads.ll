; The blocks of a loop on all cores.
;
; A job is a function, its context and a number of blocks. It is split among seats, the first of which is the caller's
; and the others those of threads that were started for it. Each seat begins with a share of its own, so that the
; thread which has written a part of an array is likely to read it, and takes over the blocks of the others afterwards.
; The blocks are the caller's, hence results are the same for every number of threads.
;
; One job has the pool at a time; whoever finds it taken, another thread or a block that asks for blocks, runs its
; blocks alone. A seat is idle (0), called (1) or at work (2). The caller calls every seat, and when no block is left it
; takes back the calls that nobody has answered: it never waits for a thread that is still asleep.
; A thread that is not called looks out for a few microseconds, and is then parked on a lock of Python's own, which
; costs the machine nothing.

%seat = type { i32, i32, i64, i64, ptr, [96 x i8] }     ; state, parked, next block, end of its share, lock, distance

@seats = internal global [$most x %seat] zeroinitializer, align 128
@caller.parked = internal global i32 0, align 128
@caller.lock = internal global ptr null
@busy = internal global i32 0, align 128
@limit = internal global i64 1
@started = internal global i64 0
@taken = internal global i64 0
@job.block = internal global ptr null
@job.context = internal global ptr null

declare ptr @PyThread_allocate_lock()
declare i32 @PyThread_acquire_lock(ptr, i32)
declare void @PyThread_release_lock(ptr)
declare i64 @PyThread_start_new_thread(ptr, ptr)
$declare_pause

; Call block(context, k) for each k below the number of blocks, from any thread, with or without the interpreter's lock.
define void @wengert_parallel_for(ptr %block, ptr %context, i64 %blocks) nounwind {
start:
  %limit = load atomic i64, ptr @limit monotonic, align 8
  %few.blocks = icmp sle i64 %blocks, 1
  %few.seats = icmp sle i64 %limit, 1
  %alone.better = or i1 %few.blocks, %few.seats
  br i1 %alone.better, label %alone, label %take
take:
  %taking = cmpxchg ptr @busy, i32 0, i32 1 acquire monotonic
  %got = extractvalue { i32, i1 } %taking, 1
  br i1 %got, label %seats.any, label %alone
seats.any:
  %known = load i64, ptr @started
  %enough = icmp sge i64 %known, %limit
  br i1 %enough, label %share, label %more
more:
  call void @start_threads(i64 %limit)
  br label %share
share:
  %there = load i64, ptr @started
  %fewer.blocks = icmp slt i64 %blocks, %limit
  %wanted = select i1 %fewer.blocks, i64 %blocks, i64 %limit
  %fewer.seats = icmp slt i64 %there, %wanted
  %seats = select i1 %fewer.seats, i64 %there, i64 %wanted
  %none = icmp sle i64 %seats, 1
  br i1 %none, label %leave.alone, label %job
leave.alone:
  store atomic i32 0, ptr @busy release, align 4
  br label %alone
job:
  store ptr %block, ptr @job.block
  store ptr %context, ptr @job.context
  store i64 %seats, ptr @taken
  br label %share.each
share.each:
  %s = phi i64 [ 0, %job ], [ %s.next, %share.each ]
  %share.from = phi i64 [ 0, %job ], [ %share.to, %share.each ]
  %s.next = add i64 %s, 1
  %share.product = mul i64 %blocks, %s.next
  %share.to = sdiv i64 %share.product, %seats
  %next.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %s, i32 2
  store atomic i64 %share.from, ptr %next.at monotonic, align 8
  %end.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %s, i32 3
  store i64 %share.to, ptr %end.at
  %shared = icmp eq i64 %s.next, %seats
  br i1 %shared, label %call.each, label %share.each
call.each:
  %c = phi i64 [ 1, %share.each ], [ %c.next, %call.next ]
  %c.state = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %c, i32 0
  store atomic i32 1, ptr %c.state seq_cst, align 4
  %c.parked.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %c, i32 1
  %c.parked = atomicrmw xchg ptr %c.parked.at, i32 0 seq_cst
  %c.asleep = icmp ne i32 %c.parked, 0
  br i1 %c.asleep, label %call.wake, label %call.next
call.wake:
  %c.lock.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %c, i32 4
  %c.lock = load ptr, ptr %c.lock.at
  call void @PyThread_release_lock(ptr %c.lock)
  br label %call.next
call.next:
  %c.next = add i64 %c, 1
  %called = icmp eq i64 %c.next, %seats
  br i1 %called, label %own.work, label %call.each
own.work:
  call void @work(i64 0)
  br label %end.each
end.each:
  %e = phi i64 [ 1, %own.work ], [ %e.next, %end.next ]
  %e.state = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %e, i32 0
  %taking.back = cmpxchg ptr %e.state, i32 1, i32 0 seq_cst seq_cst
  %taken.back = extractvalue { i32, i1 } %taking.back, 1
  br i1 %taken.back, label %end.next, label %end.wait
end.wait:
  call void @wait_for(ptr %e.state)
  br label %end.next
end.next:
  %e.next = add i64 %e, 1
  %ended = icmp eq i64 %e.next, %seats
  br i1 %ended, label %leave, label %end.each
leave:
  store atomic i32 0, ptr @busy release, align 4
  ret void

alone:
  br label %alone.each
alone.each:
  %k = phi i64 [ 0, %alone ], [ %k.next, %alone.do ]
  %k.left = icmp slt i64 %k, %blocks
  br i1 %k.left, label %alone.do, label %alone.done
alone.do:
  call void %block(ptr %context, i64 %k)
  %k.next = add i64 %k, 1
  br label %alone.each
alone.done:
  ret void
}

; The blocks of a seat's own share, then those that are left of the others'.
define internal void @work(i64 %seat) nounwind {
start:
  %block = load ptr, ptr @job.block
  %context = load ptr, ptr @job.context
  %seats = load i64, ptr @taken
  br label %shares
shares:
  %turn = phi i64 [ 0, %start ], [ %turn.next, %share.done ]
  %place = add i64 %seat, %turn
  %share = urem i64 %place, %seats
  %next.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %share, i32 2
  %end.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %share, i32 3
  %end = load i64, ptr %end.at
  br label %blocks
blocks:
  %k = atomicrmw add ptr %next.at, i64 1 monotonic
  %left = icmp slt i64 %k, %end
  br i1 %left, label %one, label %share.done
one:
  call void %block(ptr %context, i64 %k)
  br label %blocks
share.done:
  %turn.next = add i64 %turn, 1
  %all = icmp eq i64 %turn.next, %seats
  br i1 %all, label %done, label %shares
done:
  ret void
}

; The caller, until a seat is idle.
define internal void @wait_for(ptr %state.at) noinline nounwind {
start:
  br label %look
look:
  %k = phi i64 [ 0, %start ], [ %k.next, %look.again ], [ 0, %parked ]
  %state = load atomic i32, ptr %state.at seq_cst, align 4
  %idle = icmp eq i32 %state, 0
  br i1 %idle, label %done, label %pause
pause:
  $pause
  %k.next = add i64 %k, 1
  %patient = icmp ult i64 %k.next, $looks_of_caller
  br i1 %patient, label %look.again, label %park
look.again:
  br label %look
park:
  store atomic i32 1, ptr @caller.parked seq_cst, align 4
  %state.last = load atomic i32, ptr %state.at seq_cst, align 4
  %idle.last = icmp eq i32 %state.last, 0
  br i1 %idle.last, label %unpark, label %parked
parked:
  %lock = load ptr, ptr @caller.lock
  %got = call i32 @PyThread_acquire_lock(ptr %lock, i32 1)
  br label %look
unpark:
  %was.parked = atomicrmw xchg ptr @caller.parked, i32 0 seq_cst
  %posted = icmp eq i32 %was.parked, 0
  br i1 %posted, label %consume, label %done
consume:
  %lock.again = load ptr, ptr @caller.lock
  %got.again = call i32 @PyThread_acquire_lock(ptr %lock.again, i32 1)
  br label %done
done:
  ret void
}

; The life of a thread: the argument is the number of its seat.
define internal void @live(ptr %number) nounwind {
start:
  %seat = ptrtoint ptr %number to i64
  %state.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %seat, i32 0
  %parked.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %seat, i32 1
  %lock.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %seat, i32 4
  %lock = load ptr, ptr %lock.at
  br label %look
look:
  %k = phi i64 [ 0, %start ], [ %k.next, %pause ], [ 0, %worked ], [ 0, %parked ], [ 0, %unpark ]
  %state = load atomic i32, ptr %state.at seq_cst, align 4
  %called = icmp eq i32 %state, 1
  br i1 %called, label %answer, label %look.more
look.more:
  %patient = icmp ult i64 %k, $looks
  br i1 %patient, label %pause, label %park
pause:
  $pause
  %k.next = add i64 %k, 1
  br label %look
answer:
  %answering = cmpxchg ptr %state.at, i32 1, i32 2 seq_cst seq_cst
  %answered = extractvalue { i32, i1 } %answering, 1
  br i1 %answered, label %at.work, label %worked
at.work:
  call void @work(i64 %seat)
  store atomic i32 0, ptr %state.at seq_cst, align 4
  %waits = atomicrmw xchg ptr @caller.parked, i32 0 seq_cst
  %caller.waits = icmp ne i32 %waits, 0
  br i1 %caller.waits, label %wake, label %worked
wake:
  %caller.lock = load ptr, ptr @caller.lock
  call void @PyThread_release_lock(ptr %caller.lock)
  br label %worked
worked:
  br label %look
park:
  store atomic i32 1, ptr %parked.at seq_cst, align 4
  %state.last = load atomic i32, ptr %state.at seq_cst, align 4
  %called.last = icmp eq i32 %state.last, 1
  br i1 %called.last, label %unpark, label %parked
unpark:
  %was.parked = atomicrmw xchg ptr %parked.at, i32 0 seq_cst
  %posted = icmp eq i32 %was.parked, 0
  br i1 %posted, label %parked, label %look
parked:
  %got = call i32 @PyThread_acquire_lock(ptr %lock, i32 1)
  br label %look
}

; Threads for the seats up to a number, by whoever has the pool.
define internal void @start_threads(i64 %wanted) noinline nounwind {
start:
  %lock.none = load ptr, ptr @caller.lock
  %first = icmp eq ptr %lock.none, null
  br i1 %first, label %caller, label %seats
caller:
  %caller.lock = call ptr @closed_lock()
  store ptr %caller.lock, ptr @caller.lock
  %caller.none = icmp eq ptr %caller.lock, null
  br i1 %caller.none, label %done, label %caller.seat
caller.seat:
  store i64 1, ptr @started
  br label %seats
seats:
  %there = load i64, ptr @started
  %enough = icmp sge i64 %there, %wanted
  br i1 %enough, label %done, label %seat
seat:
  %lock = call ptr @closed_lock()
  %none = icmp eq ptr %lock, null
  br i1 %none, label %done, label %thread
thread:
  %lock.at = getelementptr [$most x %seat], ptr @seats, i64 0, i64 %there, i32 4
  store ptr %lock, ptr %lock.at
  %number = inttoptr i64 %there to ptr
  %thread.id = call i64 @PyThread_start_new_thread(ptr @live, ptr %number)
  %refused = icmp eq i64 %thread.id, -1
  br i1 %refused, label %done, label %started
started:
  %more = add i64 %there, 1
  store i64 %more, ptr @started
  br label %seats
done:
  ret void
}

; A lock that whoever waits for it does not get before it is released.
define internal ptr @closed_lock() noinline nounwind {
start:
  %lock = call ptr @PyThread_allocate_lock()
  %none = icmp eq ptr %lock, null
  br i1 %none, label %done, label %close
close:
  %got = call i32 @PyThread_acquire_lock(ptr %lock, i32 1)
  br label %done
done:
  ret ptr %lock
}

; How many seats are used at most from the next job on.
define void @wengert_limit_threads(i64 %limit) nounwind {
  store atomic i64 %limit, ptr @limit monotonic, align 8
  ret void
}

; How many threads there are, the caller's included.
define i64 @wengert_count_threads() nounwind {
  %count = load i64, ptr @started
  ret i64 %count
}

; In a child of fork, which has none of its parent's threads: begin anew.
define void @wengert_forget_threads() nounwind {
  call void @llvm.memset.p0.i64(ptr @seats, i8 0, i64 $seats_bytes, i1 false)
  store i32 0, ptr @caller.parked
  store ptr null, ptr @caller.lock
  store i64 0, ptr @started
  store atomic i32 0, ptr @busy release, align 4
  ret void
}

declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
