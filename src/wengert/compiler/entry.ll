; From Python into a kernel: reads what an entry says about the arguments, the results and the guards, and does it.
;
; An entry (its fields are in calling.py, which fills in each name after a dollar) holds four lists:
;   the names of the keyword arguments that must be given;
;   the program that is run on the arguments: each step takes an object apart, fetches one that the function has
;     captured, compares one with what was recorded, or hands the data of one to the kernel;
;   the outputs, which are made before the kernel runs (arrays) or after it (numbers);
;   the program that builds the result from them.
; Whatever does not fit goes to `miss`, a Python callable, with the very arguments of the call; no object is kept or
; changed before that. A frame on the stack holds all that a call needs:
;   registers (objects, the arguments first) | inputs | outputs | objects of the outputs | owned | slots | stack | arena

%step = type { i64, i64, i64, i64, i64 }                ; kind, a, b, c, d
%output = type { i64, ptr, i64, ptr, i64 }              ; kind, dtype, number of axes, lengths, offset of its slot

@PyCFunction_Type = external global i8
@name_of_call = external global i8
@wengert_method = external global i8                     ; a PyMethodDef, that of all entries
@PyList_Type = external global i8
@PyDict_Type = external global i8
@PyLong_Type = external global i8
@PyBool_Type = external global i8
@PyFloat_Type = external global i8
@PyUnicode_Type = external global i8
@numpy_ndarray = external global i8

declare void @Py_IncRef(ptr)
declare void @Py_DecRef(ptr)
declare void @PyErr_Clear()
declare ptr @PyErr_Occurred()
declare ptr @PyErr_NoMemory()
declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr)
declare ptr @PyObject_CallNoArgs(ptr)
declare ptr @PyObject_GetAttr(ptr, ptr)
declare ptr @PyObject_GetItem(ptr, ptr)
declare i32 @PyObject_IsTrue(ptr)
declare i64 @PyObject_Size(ptr)
declare i32 @PyContextVar_Get(ptr, ptr, ptr)
declare i32 @PyObject_RichCompareBool(ptr, ptr, i32)
declare ptr @PyDict_GetItemWithError(ptr, ptr)
declare i32 @PyDict_Contains(ptr, ptr)
declare i32 @PyDict_Next(ptr, ptr, ptr, ptr)
declare i64 @PyDict_Size(ptr)
declare ptr @PyDict_New()
declare i32 @PyDict_SetItem(ptr, ptr, ptr)
declare ptr @PyTuple_New(i64)
declare ptr @PyList_New(i64)
declare ptr @PyCell_Get(ptr)
declare i64 @PyLong_AsLongLongAndOverflow(ptr, ptr)
declare ptr @PyFloat_FromDouble(double)
declare ptr @PyComplex_FromDoubles(double, double)
declare ptr @PyLong_FromLongLong(i64)
declare ptr @PyBool_FromLong(i64)
declare ptr @PyMem_RawMalloc(i64)
declare void @PyMem_RawFree(ptr)
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
declare ptr @numpy_new_array(ptr, ptr, i32, ptr, ptr, ptr, i32, ptr)
declare ptr @numpy_scalar(ptr, ptr, ptr)
declare ptr @numpy_copy(ptr, i32)

; The call of an object whose class has the word of the vectorcall protocol: of what its slot `__call__` holds, which
; another thread may exchange meanwhile. An entry needs no further call of the interpreter.
define ptr @wengert_call_object(ptr %object, ptr %arguments, i64 %count.and.flag, ptr %names) nounwind {
start:
  %served.at = getelementptr i8, ptr %object, i64 $header
  %served = load ptr, ptr %served.at
  %served.none = icmp eq ptr %served, null
  br i1 %served.none, label %none, label %look
look:
  call void @Py_IncRef(ptr %served)
  %class.at = getelementptr i8, ptr %served, i64 $class
  %class = load ptr, ptr %class.at
  %native = icmp eq ptr %class, @PyCFunction_Type
  br i1 %native, label %method.find, label %other
method.find:
  %method.at = getelementptr i8, ptr %served, i64 $header
  %method = load ptr, ptr %method.at
  %own = icmp eq ptr %method, @wengert_method
  br i1 %own, label %entry.call, label %other
entry.call:
  ; `wengert_call`, perhaps in better code than this
  %routine.at = getelementptr i8, ptr %method, i64 $method_call
  %routine = load ptr, ptr %routine.at
  %self.at = getelementptr i8, ptr %served, i64 $method_self
  %self = load ptr, ptr %self.at
  %count = and i64 %count.and.flag, 9223372036854775807
  %entry.result = call ptr %routine(ptr %self, ptr %arguments, i64 %count, ptr %names)
  call void @Py_DecRef(ptr %served)
  ret ptr %entry.result
none:
  ; the class may have something else to be called, and says it otherwise
  %found = call ptr @PyObject_GetAttr(ptr %object, ptr @name_of_call)
  %found.none = icmp eq ptr %found, null
  br i1 %found.none, label %failed, label %other
failed:
  ret ptr null
other:
  %callable = phi ptr [ %served, %look ], [ %served, %method.find ], [ %found, %none ]
  %other.result = call ptr @PyObject_Vectorcall(ptr %callable, ptr %arguments, i64 %count.and.flag, ptr %names)
  call void @Py_DecRef(ptr %callable)
  ret ptr %other.result
}

define ptr @wengert_call(ptr %self, ptr %arguments, i64 %count, ptr %names) nounwind {
start:
  %owned.count = alloca i64
  %depth = alloca i64
  %k = alloca i64
  %position = alloca i64
  %key = alloca ptr
  %value = alloca ptr
  %overflow = alloca i32
  %holder.at = getelementptr i8, ptr %self, i64 $tuple_items
  %holder = load ptr, ptr %holder.at
  %entry.at = getelementptr i8, ptr %holder, i64 $bytes_data
  %entry = load ptr, ptr %entry.at
  %miss.at = getelementptr i8, ptr %entry, i64 $miss
  %miss = load ptr, ptr %miss.at
  store i64 0, ptr %owned.count
  store i64 0, ptr %depth
  %positional.at = getelementptr i8, ptr %entry, i64 $positional
  %positional = load i64, ptr %positional.at
  %positional.fits = icmp eq i64 %count, %positional
  %keywords.at = getelementptr i8, ptr %entry, i64 $keywords
  %keywords = load i64, ptr %keywords.at
  ; mostly there are no names, neither given nor expected
  %names.number = ptrtoint ptr %names to i64
  %names.or.keywords = or i64 %names.number, %keywords
  %names.neither = icmp eq i64 %names.or.keywords, 0
  %plain = and i1 %positional.fits, %names.neither
  br i1 %plain, label %frame.make, label %positional.compare
positional.compare:
  br i1 %positional.fits, label %names.any, label %missed

; keyword arguments: the recorded names in the recorded order
names.any:
  %names.none = icmp eq ptr %names, null
  br i1 %names.none, label %names.counted, label %names.size
names.size:
  %names.size.at = getelementptr i8, ptr %names, i64 $size
  %names.length = load i64, ptr %names.size.at
  br label %names.counted
names.counted:
  %names.count = phi i64 [ 0, %names.any ], [ %names.length, %names.size ]
  %names.fit = icmp eq i64 %names.count, %keywords
  %names.items = getelementptr i8, ptr %names, i64 $tuple_items
  %expected.names.at = getelementptr i8, ptr %entry, i64 $names
  %expected.names = load ptr, ptr %expected.names.at
  br i1 %names.fit, label %names.each, label %missed
names.each:
  %name.k = phi i64 [ 0, %names.counted ], [ %name.next, %names.same ]
  %names.end = icmp eq i64 %name.k, %keywords
  br i1 %names.end, label %frame.make, label %names.compare
names.compare:
  %name.at = getelementptr ptr, ptr %names.items, i64 %name.k
  %name = load ptr, ptr %name.at
  %expected.name.at = getelementptr ptr, ptr %expected.names, i64 %name.k
  %expected.name = load ptr, ptr %expected.name.at
  %name.next = add i64 %name.k, 1
  %name.same = icmp eq ptr %name, %expected.name
  br i1 %name.same, label %names.same, label %missed
names.same:
  br label %names.each

frame.make:
  %frame.bytes.at = getelementptr i8, ptr %entry, i64 $frame_bytes
  %frame.bytes = load i64, ptr %frame.bytes.at
  %frame = alloca i8, i64 %frame.bytes, align 64
  %given = add i64 %count, %keywords
  br label %arguments.each
arguments.each:
  %argument.k = phi i64 [ 0, %frame.make ], [ %argument.next, %arguments.copy ]
  %arguments.end = icmp eq i64 %argument.k, %given
  br i1 %arguments.end, label %program, label %arguments.copy
arguments.copy:
  %argument.at = getelementptr ptr, ptr %arguments, i64 %argument.k
  %argument = load ptr, ptr %argument.at
  %argument.to = getelementptr ptr, ptr %frame, i64 %argument.k
  store ptr %argument, ptr %argument.to
  %argument.next = add i64 %argument.k, 1
  br label %arguments.each

; the program: `continue` is where a step ends that fits
program:
  %inputs.offset.at = getelementptr i8, ptr %entry, i64 $inputs_at
  %inputs.offset = load i64, ptr %inputs.offset.at
  %inputs = getelementptr i8, ptr %frame, i64 %inputs.offset
  %owned.offset.at = getelementptr i8, ptr %entry, i64 $owned_at
  %owned.offset = load i64, ptr %owned.offset.at
  %owned = getelementptr i8, ptr %frame, i64 %owned.offset
  %steps.at = getelementptr i8, ptr %entry, i64 $steps
  %steps = load i64, ptr %steps.at
  %program.at = getelementptr i8, ptr %entry, i64 $program
  %step.first = load ptr, ptr %program.at
  %step.last = getelementptr %step, ptr %step.first, i64 %steps
  br label %steps.each
continue:
  %step.next = getelementptr %step, ptr %step, i64 1
  br label %steps.each
steps.each:
  %step = phi ptr [ %step.first, %program ], [ %step.next, %continue ]
  %steps.end = icmp eq ptr %step, %step.last
  br i1 %steps.end, label %arena.choose, label %step.do
step.do:
  %kind = load i64, ptr %step
  %a.at = getelementptr %step, ptr %step, i64 0, i32 1
  %a = load i64, ptr %a.at
  %b.at = getelementptr %step, ptr %step, i64 0, i32 2
  %b = load i64, ptr %b.at
  %c.at = getelementptr %step, ptr %step, i64 0, i32 3
  %c = load i64, ptr %c.at
  %d.at = getelementptr %step, ptr %step, i64 0, i32 4
  %d = load i64, ptr %d.at
  %a.object = inttoptr i64 %a to ptr
  %b.object = inttoptr i64 %b to ptr
  %c.object = inttoptr i64 %c to ptr
  %register.c = getelementptr ptr, ptr %frame, i64 %c
  %register.d = getelementptr ptr, ptr %frame, i64 %d
  %input.c = getelementptr ptr, ptr %inputs, i64 %c
  %slot.d = getelementptr i8, ptr %frame, i64 %d
  %fetches = icmp uge i64 %kind, $FIRST_OF_PLACES
  br i1 %fetches, label %step.place, label %step.object

; steps on a register: a
step.object:
  %register.a = getelementptr ptr, ptr %frame, i64 %a
  %object = load ptr, ptr %register.a
  %class.at = getelementptr i8, ptr %object, i64 $class
  %class = load ptr, ptr %class.at
  switch i64 %kind, label %unfit [
    i64 $ARRAY, label %array
    i64 $SCALAR, label %scalar
    i64 $INTEGER, label %integer
    i64 $TRUTH, label %truth
    i64 $SAME, label %same
    i64 $EQUAL, label %equal
    i64 $BITS, label %bits
    i64 $CLASS, label %class.is
    i64 $TUPLE, label %tuple
    i64 $LIST, label %list
    i64 $DICT, label %dict
    i64 $LENGTH, label %dict.length
    i64 $ATTRIBUTE, label %attribute
    i64 $ITEM, label %item
    i64 $CALL, label %called
    i64 $TRUE, label %true
  ]

; array: the object a is an array of the type b; its data, or those of a contiguous copy, are input c
array:
  %array.exact = icmp eq ptr %class, @numpy_ndarray
  br i1 %array.exact, label %array.dtype, label %unfit
array.dtype:
  %array.dtype.at = getelementptr i8, ptr %object, i64 $array_dtype
  %dtype = load ptr, ptr %array.dtype.at
  %dtype.expected = load ptr, ptr %b.object
  %dtype.same = icmp eq ptr %dtype, %dtype.expected
  br i1 %dtype.same, label %array.form, label %array.number
array.number:
  ; another object may describe the same numbers, such as that of an array which was pickled
  %number.at = getelementptr i8, ptr %dtype, i64 $dtype_number
  %number = load i32, ptr %number.at
  %number.expected.at = getelementptr i8, ptr %dtype.expected, i64 $dtype_number
  %number.expected = load i32, ptr %number.expected.at
  %order.at = getelementptr i8, ptr %dtype, i64 $dtype_order
  %order = load i8, ptr %order.at
  %order.expected.at = getelementptr i8, ptr %dtype.expected, i64 $dtype_order
  %order.expected = load i8, ptr %order.expected.at
  %number.same = icmp eq i32 %number, %number.expected
  %order.same = icmp eq i8 %order, %order.expected
  %number.and.order = and i1 %number.same, %order.same
  br i1 %number.and.order, label %array.form, label %unfit
array.form:
  %flags.at = getelementptr i8, ptr %object, i64 $array_flags
  %flags = load i32, ptr %flags.at
  %flags.wanted = and i32 %flags, $contiguous_and_aligned
  %contiguous = icmp eq i32 %flags.wanted, $contiguous_and_aligned
  %axes.at = getelementptr i8, ptr %object, i64 $array_axes
  %axes.short = load i32, ptr %axes.at
  %axes = zext i32 %axes.short to i64
  %axes.expected.at = getelementptr i64, ptr %b.object, i64 1
  %axes.expected = load i64, ptr %axes.expected.at
  %axes.fit = icmp eq i64 %axes, %axes.expected
  br i1 %axes.fit, label %array.lengths, label %unfit
array.lengths:
  %lengths.at = getelementptr i8, ptr %object, i64 $array_lengths
  %lengths = load ptr, ptr %lengths.at
  %lengths.expected = getelementptr i64, ptr %b.object, i64 2
  br label %lengths.each
lengths.each:
  %axis = phi i64 [ 0, %array.lengths ], [ %axis.next, %lengths.compare ]
  %lengths.end = icmp eq i64 %axis, %axes.expected
  br i1 %lengths.end, label %array.whole, label %lengths.compare
lengths.compare:
  %length.at = getelementptr i64, ptr %lengths, i64 %axis
  %length = load i64, ptr %length.at
  %length.expected.at = getelementptr i64, ptr %lengths.expected, i64 %axis
  %length.expected = load i64, ptr %length.expected.at
  %axis.next = add i64 %axis, 1
  %length.fits = icmp eq i64 %length, %length.expected
  br i1 %length.fits, label %lengths.each, label %unfit
array.whole:
  br i1 %contiguous, label %array.data, label %array.copy
array.copy:
  %copy = call ptr @numpy_copy(ptr %object, i32 0)
  %copy.none = icmp eq ptr %copy, null
  br i1 %copy.none, label %unfit, label %array.own
array.own:
  %copy.count = load i64, ptr %owned.count
  %copy.to = getelementptr ptr, ptr %owned, i64 %copy.count
  store ptr %copy, ptr %copy.to
  %copy.more = add i64 %copy.count, 1
  store i64 %copy.more, ptr %owned.count
  br label %array.data
array.data:
  %whole = phi ptr [ %object, %array.whole ], [ %copy, %array.own ]
  %data.at = getelementptr i8, ptr %whole, i64 $array_data
  %data = load ptr, ptr %data.at
  store ptr %data, ptr %input.c
  br label %continue

; scalar: the object a is of the class b, whose number stands behind the header; it is input c
scalar:
  %scalar.exact = icmp eq ptr %class, %b.object
  %number.data = getelementptr i8, ptr %object, i64 $header
  store ptr %number.data, ptr %input.c
  br i1 %scalar.exact, label %continue, label %unfit

; integer: the object a is an int of 64 bits, put into the slot d; it is input c
integer:
  %integer.exact = icmp eq ptr %class, @PyLong_Type
  store ptr %slot.d, ptr %input.c
  br i1 %integer.exact, label %integer.read, label %unfit
integer.read:
  %integer.value = call i64 @PyLong_AsLongLongAndOverflow(ptr %object, ptr %overflow)
  store i64 %integer.value, ptr %slot.d
  %overflown = load i32, ptr %overflow
  %integer.fits = icmp eq i32 %overflown, 0
  br i1 %integer.fits, label %continue, label %unfit

; truth: the object a is True or False, put into the slot d; it is input c
truth:
  %truth.exact = icmp eq ptr %class, @PyBool_Type
  store ptr %slot.d, ptr %input.c
  br i1 %truth.exact, label %truth.read, label %unfit
truth.read:
  %truth.value = call i32 @PyObject_IsTrue(ptr %object)
  %truth.byte = trunc i32 %truth.value to i8
  store i8 %truth.byte, ptr %slot.d
  br label %continue

; same: the object a is the object b
same:
  %is.same = icmp eq ptr %object, %b.object
  br i1 %is.same, label %continue, label %unfit

; equal: the object a is of the class of b and equal to it
equal:
  %equal.same = icmp eq ptr %object, %b.object
  br i1 %equal.same, label %continue, label %equal.class
equal.class:
  %class.expected.at = getelementptr i8, ptr %b.object, i64 $class
  %class.expected = load ptr, ptr %class.expected.at
  %class.same = icmp eq ptr %class, %class.expected
  br i1 %class.same, label %equal.compare, label %unfit
equal.compare:
  %equal.found = call i32 @PyObject_RichCompareBool(ptr %object, ptr %b.object, i32 2)
  %equal.holds = icmp eq i32 %equal.found, 1
  br i1 %equal.holds, label %continue, label %unfit

; bits: the object a is of the class b, and its number has the bits c
bits:
  %bits.exact = icmp eq ptr %class, %b.object
  br i1 %bits.exact, label %bits.compare, label %unfit
bits.compare:
  %bits.at = getelementptr i8, ptr %object, i64 $header
  %bits.value = load i64, ptr %bits.at
  %bits.same = icmp eq i64 %bits.value, %c
  br i1 %bits.same, label %continue, label %unfit

; tuple: the object a is a tuple of b members, which go to the registers from d
tuple:
  %tuple.exact = icmp eq ptr %class, %c.object
  %tuple.size.at = getelementptr i8, ptr %object, i64 $size
  br i1 %tuple.exact, label %tuple.sized, label %unfit
tuple.sized:
  %tuple.size = load i64, ptr %tuple.size.at
  %tuple.fits = icmp eq i64 %tuple.size, %b
  %tuple.items = getelementptr i8, ptr %object, i64 $tuple_items
  br i1 %tuple.fits, label %members, label %unfit

; class: the object a is of the class b
class.is:
  %class.is.same = icmp eq ptr %class, %b.object
  br i1 %class.is.same, label %continue, label %unfit

; length: the dict a has b members
dict.length:
  %dict.length.found = call i64 @PyDict_Size(ptr %object)
  %dict.length.same = icmp eq i64 %dict.length.found, %b
  br i1 %dict.length.same, label %continue, label %unfit

; list: likewise for a list, whose members another thread could take out: they are owned while the call lasts
list:
  %list.exact = icmp eq ptr %class, @PyList_Type
  br i1 %list.exact, label %list.sized, label %unfit
list.sized:
  %list.size.at = getelementptr i8, ptr %object, i64 $size
  %list.size = load i64, ptr %list.size.at
  %list.items.at = getelementptr i8, ptr %object, i64 $list_items
  %list.items = load ptr, ptr %list.items.at
  %list.fits = icmp eq i64 %list.size, %b
  br i1 %list.fits, label %members, label %unfit
members:
  %items = phi ptr [ %tuple.items, %tuple.sized ], [ %list.items, %list.sized ]
  br label %members.each
members.each:
  %member.k = phi i64 [ 0, %members ], [ %member.next, %members.copy ]
  %members.end = icmp eq i64 %member.k, %b
  br i1 %members.end, label %continue, label %members.copy
members.copy:
  %member.at = getelementptr ptr, ptr %items, i64 %member.k
  %member = load ptr, ptr %member.at
  %member.to = getelementptr ptr, ptr %register.d, i64 %member.k
  store ptr %member, ptr %member.to
  call void @own(ptr %member, ptr %owned, ptr %owned.count)
  %member.next = add i64 %member.k, 1
  br label %members.each

; dict: the object a is a dict with the b keys at c, in their order; the values go to the registers from d
dict:
  %dict.exact = icmp eq ptr %class, @PyDict_Type
  br i1 %dict.exact, label %dict.sized, label %unfit
dict.sized:
  %dict.size = call i64 @PyDict_Size(ptr %object)
  %dict.fits = icmp eq i64 %dict.size, %b
  store i64 0, ptr %position
  br i1 %dict.fits, label %pairs.each, label %unfit
pairs.each:
  %pair.k = phi i64 [ 0, %dict.sized ], [ %pair.next, %pair.take ]
  %pair.found = call i32 @PyDict_Next(ptr %object, ptr %position, ptr %key, ptr %value)
  %pairs.end = icmp eq i32 %pair.found, 0
  br i1 %pairs.end, label %continue, label %pair.key
pair.key:
  %pair.within = icmp ult i64 %pair.k, %b
  br i1 %pair.within, label %pair.compare, label %unfit
pair.compare:
  %key.found = load ptr, ptr %key
  %key.expected.at = getelementptr ptr, ptr %c.object, i64 %pair.k
  %key.expected = load ptr, ptr %key.expected.at
  %key.same = icmp eq ptr %key.found, %key.expected
  br i1 %key.same, label %pair.take, label %pair.class
pair.class:
  ; only strings are compared by value: that runs no code of a program's, which could change the dict
  %key.class.at = getelementptr i8, ptr %key.found, i64 $class
  %key.class = load ptr, ptr %key.class.at
  %key.string = icmp eq ptr %key.class, @PyUnicode_Type
  br i1 %key.string, label %pair.string, label %unfit
pair.string:
  %key.equal = call i32 @PyObject_RichCompareBool(ptr %key.found, ptr %key.expected, i32 2)
  %key.holds = icmp eq i32 %key.equal, 1
  br i1 %key.holds, label %pair.take, label %unfit
pair.take:
  %pair.value = load ptr, ptr %value
  %pair.to = getelementptr ptr, ptr %register.d, i64 %pair.k
  store ptr %pair.value, ptr %pair.to
  call void @own(ptr %pair.value, ptr %owned, ptr %owned.count)
  %pair.next = add i64 %pair.k, 1
  br label %pairs.each

; attribute: register d becomes the attribute b of the object a
attribute:
  %attribute.value = call ptr @PyObject_GetAttr(ptr %object, ptr %b.object)
  br label %fetched

; item: register d becomes the item b of the object a
item:
  %item.value = call ptr @PyObject_GetItem(ptr %object, ptr %b.object)
  br label %fetched

; called: register d becomes what the object a returns
called:
  %called.value = call ptr @PyObject_CallNoArgs(ptr %object)
  br label %fetched

; true: the object a is true
true:
  %true.value = call i32 @PyObject_IsTrue(ptr %object)
  %true.holds = icmp eq i32 %true.value, 1
  br i1 %true.holds, label %continue, label %unfit

; steps on a place that is fixed
step.place:
  switch i64 %kind, label %unfit [
    i64 $CONSTANT, label %constant
    i64 $DATA, label %fixed.data
    i64 $GLOBAL, label %global
    i64 $CELL, label %cell
    i64 $GLOBAL_IS, label %global.is
    i64 $PART_IS, label %part.is
    i64 $SIZE_IS, label %size.is
    i64 $ABSENT, label %absent
    i64 $QUIET, label %quiet
  ]

; constant: register d becomes the object a
constant:
  store ptr %a.object, ptr %register.d
  br label %continue

; data: input c is at the address a
fixed.data:
  store ptr %a.object, ptr %input.c
  br label %continue

; global: register d becomes the value of the dict a under the key b
global:
  %global.borrowed = call ptr @PyDict_GetItemWithError(ptr %a.object, ptr %b.object)
  %global.none = icmp eq ptr %global.borrowed, null
  br i1 %global.none, label %unfit, label %global.found
global.found:
  store ptr %global.borrowed, ptr %register.d
  call void @own(ptr %global.borrowed, ptr %owned, ptr %owned.count)
  br label %continue

; cell: register d becomes the content of the closure's cell a
cell:
  %cell.value = call ptr @PyCell_Get(ptr %a.object)
  br label %fetched

fetched:
  %fetched.object = phi ptr [ %attribute.value, %attribute ], [ %item.value, %item ], [ %called.value, %called ], [ %cell.value, %cell ]
  %fetched.none = icmp eq ptr %fetched.object, null
  br i1 %fetched.none, label %unfit, label %fetched.own
fetched.own:
  store ptr %fetched.object, ptr %register.d
  %fetched.count = load i64, ptr %owned.count
  %fetched.to = getelementptr ptr, ptr %owned, i64 %fetched.count
  store ptr %fetched.object, ptr %fetched.to
  %fetched.more = add i64 %fetched.count, 1
  store i64 %fetched.more, ptr %owned.count
  br label %continue

; global.is: the value of the dict a under the key b is the object c (nothing, where c is null)
global.is:
  %global.value = call ptr @PyDict_GetItemWithError(ptr %a.object, ptr %b.object)
  %global.same = icmp eq ptr %global.value, %c.object
  br i1 %global.same, label %continue, label %unfit

; part.is: the object a has the object c, or nothing where c is null, at the offset b
part.is:
  %part.is.at = getelementptr i8, ptr %a.object, i64 %b
  %part.content = load ptr, ptr %part.is.at
  %part.same = icmp eq ptr %part.content, %c.object
  br i1 %part.same, label %continue, label %unfit

; size.is: the container a has b members
size.is:
  %size.found = call i64 @PyObject_Size(ptr %a.object)
  %size.same = icmp eq i64 %size.found, %b
  br i1 %size.same, label %continue, label %unfit

; absent: the dict a has no key b
absent:
  %absent.found = call i32 @PyDict_Contains(ptr %a.object, ptr %b.object)
  %absent.holds = icmp eq i32 %absent.found, 0
  br i1 %absent.holds, label %continue, label %unfit

; quiet: the context variable a holds the object b, or one that holds, behind d, the address of a number without the
; bits c
quiet:
  %quiet.status = call i32 @PyContextVar_Get(ptr %a.object, ptr null, ptr %value)
  %quiet.found = icmp eq i32 %quiet.status, 0
  br i1 %quiet.found, label %quiet.compare, label %unfit
quiet.compare:
  %state = load ptr, ptr %value
  ; the context holds it
  call void @Py_DecRef(ptr %state)
  %state.usual = icmp eq ptr %state, %b.object
  br i1 %state.usual, label %continue, label %quiet.look
quiet.look:
  %state.word.at = getelementptr i8, ptr %state, i64 %d
  %state.word = load ptr, ptr %state.word.at
  %state.number = load i32, ptr %state.word
  %loud = trunc i64 %c to i32
  %state.loud = and i32 %state.number, %loud
  %state.quiet = icmp eq i32 %state.loud, 0
  br i1 %state.quiet, label %continue, label %unfit

; an object that does not fit; an error that was met on the way will be met again where it belongs
unfit:
  %error = call ptr @PyErr_Occurred()
  %error.none = icmp eq ptr %error, null
  br i1 %error.none, label %unfit.release, label %unfit.clear
unfit.clear:
  call void @PyErr_Clear()
  br label %unfit.release
unfit.release:
  call void @release(ptr %owned, ptr %owned.count)
  br label %missed
missed:
  ; whoever is asked instead gets the stack of the frame as well, and may come back here, again and again
  %missed.result = musttail call ptr @PyObject_Vectorcall(ptr %miss, ptr %arguments, i64 %count, ptr %names)
  ret ptr %missed.result

; the arena: in the frame, or the block that the entry keeps, or, while another thread has that, one of this call's
arena.choose:
  %outputs.offset.at = getelementptr i8, ptr %entry, i64 $outputs_at
  %outputs.offset = load i64, ptr %outputs.offset.at
  %outputs = getelementptr i8, ptr %frame, i64 %outputs.offset
  %objects.offset.at = getelementptr i8, ptr %entry, i64 $objects_at
  %objects.offset = load i64, ptr %objects.offset.at
  %objects = getelementptr i8, ptr %frame, i64 %objects.offset
  %stack.offset.at = getelementptr i8, ptr %entry, i64 $stack_at
  %stack.offset = load i64, ptr %stack.offset.at
  %stack = getelementptr i8, ptr %frame, i64 %stack.offset
  %block.bytes.at = getelementptr i8, ptr %entry, i64 $block_bytes
  %block.bytes = load i64, ptr %block.bytes.at
  %block.at = getelementptr i8, ptr %entry, i64 $block
  %arena.offset.at = getelementptr i8, ptr %entry, i64 $arena_at
  %arena.offset = load i64, ptr %arena.offset.at
  %arena.near = getelementptr i8, ptr %frame, i64 %arena.offset
  %arena.far = icmp ne i64 %block.bytes, 0
  br i1 %arena.far, label %arena.take, label %outputs.make
arena.take:
  %block = atomicrmw xchg ptr %block.at, ptr null acquire
  %block.gone = icmp eq ptr %block, null
  br i1 %block.gone, label %arena.new, label %outputs.make
arena.new:
  %block.new = call ptr @PyMem_RawMalloc(i64 %block.bytes)
  %block.refused = icmp eq ptr %block.new, null
  br i1 %block.refused, label %no.memory, label %arena.align
arena.align:
  %block.number = ptrtoint ptr %block.new to i64
  %block.up = add i64 %block.number, 63
  %block.aligned = and i64 %block.up, -64
  %arena.new.at = inttoptr i64 %block.aligned to ptr
  br label %outputs.make
no.memory:
  call ptr @PyErr_NoMemory()
  store i64 0, ptr %k
  br label %failed

; arrays for the outputs
outputs.make:
  %arena = phi ptr [ %arena.near, %arena.choose ], [ %block, %arena.take ], [ %arena.new.at, %arena.align ]
  %kept = phi ptr [ null, %arena.choose ], [ %block, %arena.take ], [ null, %arena.align ]
  %lent = phi ptr [ null, %arena.choose ], [ null, %arena.take ], [ %block.new, %arena.align ]
  %outputs.count.at = getelementptr i8, ptr %entry, i64 $outputs
  %outputs.count = load i64, ptr %outputs.count.at
  %results.at = getelementptr i8, ptr %entry, i64 $results
  %results = load ptr, ptr %results.at
  br label %outputs.each
outputs.each:
  %output.k = phi i64 [ 0, %outputs.make ], [ %output.next, %output.made ]
  store i64 %output.k, ptr %k
  %outputs.end = icmp eq i64 %output.k, %outputs.count
  br i1 %outputs.end, label %kernel.call, label %output.make
output.make:
  %output = getelementptr %output, ptr %results, i64 %output.k
  %output.kind = load i64, ptr %output
  %output.array = icmp eq i64 %output.kind, $NEW_ARRAY
  %output.next = add i64 %output.k, 1
  br i1 %output.array, label %output.new, label %output.slot
output.new:
  %output.dtype.at = getelementptr %output, ptr %output, i64 0, i32 1
  %output.dtype = load ptr, ptr %output.dtype.at
  %output.axes.at = getelementptr %output, ptr %output, i64 0, i32 2
  %output.axes.long = load i64, ptr %output.axes.at
  %output.axes = trunc i64 %output.axes.long to i32
  %output.lengths.at = getelementptr %output, ptr %output, i64 0, i32 3
  %output.lengths = load ptr, ptr %output.lengths.at
  call void @Py_IncRef(ptr %output.dtype)
  %made = call ptr @numpy_new_array(ptr @numpy_ndarray, ptr %output.dtype, i32 %output.axes, ptr %output.lengths, ptr null, ptr null, i32 0, ptr null)
  %made.none = icmp eq ptr %made, null
  br i1 %made.none, label %failed.arena, label %output.data
output.data:
  %made.data.at = getelementptr i8, ptr %made, i64 $array_data
  %made.data = load ptr, ptr %made.data.at
  br label %output.made
output.slot:
  %output.slot.at = getelementptr %output, ptr %output, i64 0, i32 4
  %output.slot.offset = load i64, ptr %output.slot.at
  %output.slot.data = getelementptr i8, ptr %frame, i64 %output.slot.offset
  br label %output.made
output.made:
  %output.object = phi ptr [ %made, %output.data ], [ null, %output.slot ]
  %output.to = phi ptr [ %made.data, %output.data ], [ %output.slot.data, %output.slot ]
  %object.at = getelementptr ptr, ptr %objects, i64 %output.k
  store ptr %output.object, ptr %object.at
  %output.at = getelementptr ptr, ptr %outputs, i64 %output.k
  store ptr %output.to, ptr %output.at
  br label %outputs.each

kernel.call:
  %kernel.at = getelementptr i8, ptr %entry, i64 $kernel
  %kernel = load ptr, ptr %kernel.at
  %heavy.at = getelementptr i8, ptr %entry, i64 $heavy
  %heavy = load i64, ptr %heavy.at
  %is.heavy = icmp ne i64 %heavy, 0
  br i1 %is.heavy, label %kernel.heavy, label %kernel.light
kernel.heavy:
  %thread = call ptr @PyEval_SaveThread()
  %status.heavy = call i32 %kernel(ptr %inputs, ptr %outputs, ptr %arena)
  call void @PyEval_RestoreThread(ptr %thread)
  br label %kernel.done
kernel.light:
  %status.light = call i32 %kernel(ptr %inputs, ptr %outputs, ptr %arena)
  br label %kernel.done
kernel.done:
  %status = phi i32 [ %status.heavy, %kernel.heavy ], [ %status.light, %kernel.light ]
  call void @give_back(ptr %block.at, ptr %kept, ptr %lent)
  %status.fine = icmp eq i32 %status, 0
  br i1 %status.fine, label %numbers.each, label %refused

; a kernel that refuses: each status up to 7 may have a callable of its own
refused:
  call void @release(ptr %objects, ptr %k)
  call void @release(ptr %owned, ptr %owned.count)
  %status.known = icmp ult i32 %status, 8
  br i1 %status.known, label %refused.choose, label %missed
refused.choose:
  %refused.at = getelementptr i8, ptr %entry, i64 $refused
  %status.index = zext i32 %status to i64
  %other.at = getelementptr ptr, ptr %refused.at, i64 %status.index
  %other = load ptr, ptr %other.at
  %other.none = icmp eq ptr %other, null
  br i1 %other.none, label %missed, label %refused.call
refused.call:
  %refused.result = musttail call ptr @PyObject_Vectorcall(ptr %other, ptr %arguments, i64 %count, ptr %names)
  ret ptr %refused.result

; numbers from the slots
numbers.each:
  %number.k = phi i64 [ 0, %kernel.done ], [ %number.next, %number.kept ], [ %number.next, %number.store ]
  %numbers.end = icmp eq i64 %number.k, %outputs.count
  br i1 %numbers.end, label %build, label %number.kind
number.kind:
  %number.output = getelementptr %output, ptr %results, i64 %number.k
  %number.what = load i64, ptr %number.output
  %number.next = add i64 %number.k, 1
  %number.slot.at = getelementptr ptr, ptr %outputs, i64 %number.k
  %number.slot = load ptr, ptr %number.slot.at
  switch i64 %number.what, label %number.kept [
    i64 $NEW_SCALAR, label %number.scalar
    i64 $NEW_FLOAT, label %number.float
    i64 $NEW_COMPLEX, label %number.complex
    i64 $NEW_INTEGER, label %number.integer
    i64 $NEW_TRUTH, label %number.truth
  ]
number.kept:
  br label %numbers.each
number.scalar:
  %number.dtype.at = getelementptr %output, ptr %number.output, i64 0, i32 1
  %number.dtype = load ptr, ptr %number.dtype.at
  %scalar.made = call ptr @numpy_scalar(ptr %number.slot, ptr %number.dtype, ptr null)
  br label %number.store
number.float:
  %float.value = load double, ptr %number.slot
  %float.made = call ptr @PyFloat_FromDouble(double %float.value)
  br label %number.store
number.complex:
  %real = load double, ptr %number.slot
  %imaginary.at = getelementptr double, ptr %number.slot, i64 1
  %imaginary = load double, ptr %imaginary.at
  %complex.made = call ptr @PyComplex_FromDoubles(double %real, double %imaginary)
  br label %number.store
number.integer:
  %long.value = load i64, ptr %number.slot
  %long.made = call ptr @PyLong_FromLongLong(i64 %long.value)
  br label %number.store
number.truth:
  %bool.byte = load i8, ptr %number.slot
  %bool.value = zext i8 %bool.byte to i64
  %bool.made = call ptr @PyBool_FromLong(i64 %bool.value)
  br label %number.store
number.store:
  %number.object = phi ptr [ %scalar.made, %number.scalar ], [ %float.made, %number.float ], [ %complex.made, %number.complex ], [ %long.made, %number.integer ], [ %bool.made, %number.truth ]
  %number.object.at = getelementptr ptr, ptr %objects, i64 %number.k
  store ptr %number.object, ptr %number.object.at
  %number.none = icmp eq ptr %number.object, null
  br i1 %number.none, label %failed, label %numbers.each

; the result, built on a stack
build:
  %parts.at = getelementptr i8, ptr %entry, i64 $parts
  %parts = load i64, ptr %parts.at
  %parts.none = icmp eq i64 %parts, 0
  br i1 %parts.none, label %build.only, label %build.first
build.only:
  ; nothing is to be built: the result is the one output
  %only = load ptr, ptr %objects
  br label %done
build.first:
  %building.at = getelementptr i8, ptr %entry, i64 $building
  %part.first = load ptr, ptr %building.at
  %part.last = getelementptr %step, ptr %part.first, i64 %parts
  br label %parts.each
parts.each:
  %part = phi ptr [ %part.first, %build.first ], [ %part.next, %part.push ]
  %parts.end = icmp eq ptr %part, %part.last
  br i1 %parts.end, label %built, label %part.do
part.do:
  %part.kind = load i64, ptr %part
  %part.a.at = getelementptr %step, ptr %part, i64 0, i32 1
  %part.a = load i64, ptr %part.a.at
  %part.b.at = getelementptr %step, ptr %part, i64 0, i32 2
  %part.b = load i64, ptr %part.b.at
  %part.a.object = inttoptr i64 %part.a to ptr
  %part.next = getelementptr %step, ptr %part, i64 1
  %part.depth = load i64, ptr %depth
  %part.under = sub i64 %part.depth, %part.b
  %part.members = getelementptr ptr, ptr %stack, i64 %part.under
  switch i64 %part.kind, label %failed [
    i64 $PUSH_OUTPUT, label %push.output
    i64 $MOVE_OUTPUT, label %move.output
    i64 $PUSH_REGISTER, label %push.register
    i64 $PUSH_CONSTANT, label %push.constant
    i64 $MAKE_TUPLE, label %make.tuple
    i64 $MAKE_LIST, label %make.list
    i64 $MAKE_DICT, label %make.dict
    i64 $MAKE_CALL, label %make.call
  ]
move.output:
  %move.at = getelementptr ptr, ptr %objects, i64 %part.a
  %moved = load ptr, ptr %move.at
  store ptr null, ptr %move.at
  br label %part.push
push.output:
  %push.at = getelementptr ptr, ptr %objects, i64 %part.a
  %pushed = load ptr, ptr %push.at
  call void @Py_IncRef(ptr %pushed)
  br label %part.push
push.register:
  %push.register.at = getelementptr ptr, ptr %frame, i64 %part.a
  %pushed.register = load ptr, ptr %push.register.at
  call void @Py_IncRef(ptr %pushed.register)
  br label %part.push
push.constant:
  call void @Py_IncRef(ptr %part.a.object)
  br label %part.push
make.tuple:
  %tuple.made = call ptr @PyTuple_New(i64 %part.b)
  %tuple.made.none = icmp eq ptr %tuple.made, null
  %tuple.made.items = getelementptr i8, ptr %tuple.made, i64 $tuple_items
  br i1 %tuple.made.none, label %failed, label %make.fill
make.list:
  %list.made = call ptr @PyList_New(i64 %part.b)
  %list.made.none = icmp eq ptr %list.made, null
  br i1 %list.made.none, label %failed, label %make.list.items
make.list.items:
  %list.made.items.at = getelementptr i8, ptr %list.made, i64 $list_items
  %list.made.items = load ptr, ptr %list.made.items.at
  br label %make.fill
make.fill:
  %filled = phi ptr [ %tuple.made, %make.tuple ], [ %list.made, %make.list.items ]
  %filled.items = phi ptr [ %tuple.made.items, %make.tuple ], [ %list.made.items, %make.list.items ]
  %fill.bytes = shl i64 %part.b, 3
  call void @llvm.memcpy.p0.p0.i64(ptr %filled.items, ptr %part.members, i64 %fill.bytes, i1 false)
  store i64 %part.under, ptr %depth
  br label %part.push
make.dict:
  %dict.made = call ptr @PyDict_New()
  %dict.made.none = icmp eq ptr %dict.made, null
  br i1 %dict.made.none, label %failed, label %dict.fill
dict.fill:
  %dict.k = phi i64 [ 0, %make.dict ], [ %dict.k.next, %dict.filled ]
  %dict.end = icmp eq i64 %dict.k, %part.b
  br i1 %dict.end, label %dict.release, label %dict.set
dict.set:
  %dict.key.at = getelementptr ptr, ptr %part.a.object, i64 %dict.k
  %dict.key = load ptr, ptr %dict.key.at
  %dict.value.at = getelementptr ptr, ptr %part.members, i64 %dict.k
  %dict.value = load ptr, ptr %dict.value.at
  %dict.status = call i32 @PyDict_SetItem(ptr %dict.made, ptr %dict.key, ptr %dict.value)
  %dict.k.next = add i64 %dict.k, 1
  %dict.set.fails = icmp ne i32 %dict.status, 0
  br i1 %dict.set.fails, label %dict.failed, label %dict.filled
dict.filled:
  br label %dict.fill
dict.failed:
  call void @Py_DecRef(ptr %dict.made)
  br label %failed
dict.release:
  call void @release_above(ptr %stack, ptr %depth, i64 %part.under)
  br label %part.push
make.call:
  %call.made = call ptr @PyObject_Vectorcall(ptr %part.a.object, ptr %part.members, i64 %part.b, ptr null)
  call void @release_above(ptr %stack, ptr %depth, i64 %part.under)
  %call.made.none = icmp eq ptr %call.made, null
  br i1 %call.made.none, label %failed, label %part.push
part.push:
  %part.object = phi ptr [ %moved, %move.output ], [ %pushed, %push.output ], [ %pushed.register, %push.register ], [ %part.a.object, %push.constant ], [ %filled, %make.fill ], [ %dict.made, %dict.release ], [ %call.made, %make.call ]
  %push.depth = load i64, ptr %depth
  %push.to = getelementptr ptr, ptr %stack, i64 %push.depth
  store ptr %part.object, ptr %push.to
  %push.deeper = add i64 %push.depth, 1
  store i64 %push.deeper, ptr %depth
  br label %parts.each
built:
  %stacked = load ptr, ptr %stack
  call void @release(ptr %objects, ptr %k)
  br label %done
done:
  %result = phi ptr [ %only, %build.only ], [ %stacked, %built ]
  %owned.left = load i64, ptr %owned.count
  %owned.none = icmp eq i64 %owned.left, 0
  br i1 %owned.none, label %return, label %owned.release
owned.release:
  call void @release(ptr %owned, ptr %owned.count)
  br label %return
return:
  ret ptr %result

; an error, which the caller will see: no memory, or a callable that raised
failed.arena:
  call void @give_back(ptr %block.at, ptr %kept, ptr %lent)
  br label %failed
failed:
  call void @release(ptr %stack, ptr %depth)
  call void @release(ptr %objects, ptr %k)
  call void @release(ptr %owned, ptr %owned.count)
  ret ptr null
}

; Own an object until the call ends.
define internal void @own(ptr %object, ptr %owned, ptr %count) alwaysinline nounwind {
  call void @Py_IncRef(ptr %object)
  %n = load i64, ptr %count
  %to = getelementptr ptr, ptr %owned, i64 %n
  store ptr %object, ptr %to
  %more = add i64 %n, 1
  store i64 %more, ptr %count
  ret void
}

; Give up the objects of a list, where they are not null.
define internal void @release(ptr %objects, ptr %count) alwaysinline nounwind {
  call void @release_above(ptr %objects, ptr %count, i64 0)
  ret void
}

; Give up the objects of a list from a place on.
define internal void @release_above(ptr %objects, ptr %count, i64 %first) noinline nounwind {
start:
  %n = load i64, ptr %count
  store i64 %first, ptr %count
  br label %each
each:
  %k = phi i64 [ %first, %start ], [ %next, %kept ]
  %end = icmp sge i64 %k, %n
  br i1 %end, label %done, label %one
one:
  %at = getelementptr ptr, ptr %objects, i64 %k
  %object = load ptr, ptr %at
  %none = icmp eq ptr %object, null
  br i1 %none, label %kept, label %given
given:
  call void @Py_DecRef(ptr %object)
  br label %kept
kept:
  %next = add i64 %k, 1
  br label %each
done:
  ret void
}

; The entry's block back into its place, or this call's block to the allocator.
define internal void @give_back(ptr %block.at, ptr %kept, ptr %lent) alwaysinline nounwind {
  %kept.none = icmp eq ptr %kept, null
  br i1 %kept.none, label %other, label %keep
keep:
  store atomic ptr %kept, ptr %block.at release, align 8
  br label %other
other:
  %lent.none = icmp eq ptr %lent, null
  br i1 %lent.none, label %done, label %free
free:
  call void @PyMem_RawFree(ptr %lent)
  br label %done
done:
  ret void
}

; A kernel for the trial of all this: output = input + 1.
define i32 @wengert_trial(ptr %inputs, ptr %outputs, ptr %arena) nounwind {
  %from = load ptr, ptr %inputs
  %to = load ptr, ptr %outputs
  %value = load double, ptr %from
  %more = fadd double %value, 1.0
  store double %more, ptr %to
  ret i32 0
}

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
