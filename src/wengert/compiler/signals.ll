; What a long loop calls now and then, with or without the interpreter's lock: handlers of signals run, and what one of
; them raises is kept for whoever has called the kernel. The result is zero, or the status of a kernel that is stopped.

declare i32 @PyGILState_Ensure()
declare void @PyGILState_Release(i32)
declare i32 @PyErr_CheckSignals()
declare void @PyErr_Fetch(ptr, ptr, ptr)
declare void @PyErr_NormalizeException(ptr, ptr, ptr)
declare void @Py_DecRef(ptr)
declare void @wengert_keep_error(ptr)

define i32 @wengert_look_for_signals() nounwind {
start:
  %kind.at = alloca ptr
  %error.at = alloca ptr
  %trace.at = alloca ptr
  %lock = call i32 @PyGILState_Ensure()
  %found = call i32 @PyErr_CheckSignals()
  %fine = icmp eq i32 %found, 0
  br i1 %fine, label %done, label %raised
raised:
  call void @PyErr_Fetch(ptr %kind.at, ptr %error.at, ptr %trace.at)
  call void @PyErr_NormalizeException(ptr %kind.at, ptr %error.at, ptr %trace.at)
  %error = load ptr, ptr %error.at
  call void @wengert_keep_error(ptr %error)
  %kind = load ptr, ptr %kind.at
  %trace = load ptr, ptr %trace.at
  call void @Py_DecRef(ptr %error)
  call void @Py_DecRef(ptr %kind)
  call void @Py_DecRef(ptr %trace)
  br label %done
done:
  %status = phi i32 [ 0, %start ], [ $stopped, %raised ]
  call void @PyGILState_Release(i32 %lock)
  ret i32 %status
}
