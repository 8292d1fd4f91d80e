;; The loops that every byte of everything searched goes through. sampling.ts calls them and says what they are for; the
;; bytes that node runs are in sampling-code.ts, and a test holds them against this file. What stands here several times is
;; written out in the loops because node 20 calls functions instead of inlining them.

(module
  ;; From address 0: the sieve, 2^21 bits; then whatever sampling-memory.ts puts there.
  (import "search" "memory" (memory 1))

  ;; One sample: the word of four bytes at an address, hashed; bits 31 to 16 of the hash choose a word of the sieve, bits
  ;; 15 to 11 the bit in it (a shift counts modulo 32), which comes out as the lowest bit of $a to $d.
  ;;
  ;; Goes through the words at $at, $at + 8, ... before $end, and writes the address of each that the sieve lets pass to
  ;; $hits, where there must be room for all of them. Returns where it stopped writing.
  (func (export "sample") (param $at i32) (param $end i32) (param $hits i32) (result i32)
    (local $hash i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (block $done
      (loop $four
        (br_if $done (i32.ge_u (i32.add (local.get $at) (i32.const 24)) (local.get $end)))

        (local.set $hash (i32.mul (i32.load offset=0 (local.get $at)) (i32.const 0x9e3779b1)))
        (local.set $a
          (i32.shr_u
            (i32.load (i32.and (i32.shr_u (local.get $hash) (i32.const 14)) (i32.const 0x3fffc)))
            (i32.shr_u (local.get $hash) (i32.const 11))))
        (local.set $hash (i32.mul (i32.load offset=8 (local.get $at)) (i32.const 0x9e3779b1)))
        (local.set $b
          (i32.shr_u
            (i32.load (i32.and (i32.shr_u (local.get $hash) (i32.const 14)) (i32.const 0x3fffc)))
            (i32.shr_u (local.get $hash) (i32.const 11))))
        (local.set $hash (i32.mul (i32.load offset=16 (local.get $at)) (i32.const 0x9e3779b1)))
        (local.set $c
          (i32.shr_u
            (i32.load (i32.and (i32.shr_u (local.get $hash) (i32.const 14)) (i32.const 0x3fffc)))
            (i32.shr_u (local.get $hash) (i32.const 11))))
        (local.set $hash (i32.mul (i32.load offset=24 (local.get $at)) (i32.const 0x9e3779b1)))
        (local.set $d
          (i32.shr_u
            (i32.load (i32.and (i32.shr_u (local.get $hash) (i32.const 14)) (i32.const 0x3fffc)))
            (i32.shr_u (local.get $hash) (i32.const 11))))

        (if (i32.and
              (i32.or (i32.or (local.get $a) (local.get $b)) (i32.or (local.get $c) (local.get $d)))
              (i32.const 1))
          (then
            ;; Each address is written, and stays if its bit is set: no branch to guess.
            (i32.store (local.get $hits) (local.get $at))
            (local.set $hits (call $past (local.get $hits) (local.get $a)))
            (i32.store (local.get $hits) (i32.add (local.get $at) (i32.const 8)))
            (local.set $hits (call $past (local.get $hits) (local.get $b)))
            (i32.store (local.get $hits) (i32.add (local.get $at) (i32.const 16)))
            (local.set $hits (call $past (local.get $hits) (local.get $c)))
            (i32.store (local.get $hits) (i32.add (local.get $at) (i32.const 24)))
            (local.set $hits (call $past (local.get $hits) (local.get $d)))))

        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br $four)))

    (block $ended
      (loop $one
        (br_if $ended (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $hash (i32.mul (i32.load (local.get $at)) (i32.const 0x9e3779b1)))
        (i32.store (local.get $hits) (local.get $at))
        (local.set $hits
          (call $past
            (local.get $hits)
            (i32.shr_u
              (i32.load (i32.and (i32.shr_u (local.get $hash) (i32.const 14)) (i32.const 0x3fffc)))
              (i32.shr_u (local.get $hash) (i32.const 11)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $one)))
    (local.get $hits))

  (func $past (param $hits i32) (param $bit i32) (result i32)
    (i32.add (local.get $hits) (i32.shl (i32.and (local.get $bit) (i32.const 1)) (i32.const 2))))

  ;; Looks at 16 bytes at $at, $at + 24, ... up to $last for letters of base64 alone, in a run of at least 40 that begins
  ;; at most 23 bytes before, and begins like something packed or may hold a tar. Writes to $found where each begins;
  ;; of a run that may begin before $from, where it was met, whatever it looks like. There must be room for an address of
  ;; every look. Returns where it stopped writing.
  ;;
  ;; In four steps, each of which leaves less. Every address is written and stays if it is one, for in text each question
  ;; alone is a toss of a coin, which processors are bad at guessing.
  (func (export "inRuns") (param $at i32) (param $from i32) (param $last i32) (param $found i32) (result i32)
    (local $read i32) (local $write i32) (local $end i32) (local $start i32) (local $before i32)
    (local $bytes v128) (local $low v128) (local $high v128) (local $nibble v128) (local $none v128)
    ;; All of a run that begins before this may lie before $from.
    (local.set $from (i32.add (local.get $from) (i32.const 24)))

    ;; All 16 bytes between "+" and "z".
    (local.set $low (i8x16.splat (i32.const 0x2b)))
    (local.set $high (i8x16.splat (i32.const 0x4f)))
    (local.set $end (local.get $found))
    (block $done
      (loop $next
        (br_if $done (i32.gt_u (local.get $at) (local.get $last)))
        (i32.store (local.get $end) (local.get $at))
        (local.set $end
          (i32.add
            (local.get $end)
            (i32.shl
              (i32.eqz
                (v128.any_true
                  (i8x16.sub_sat_u
                    (i8x16.sub (v128.load (local.get $at)) (local.get $low))
                    (local.get $high))))
              (i32.const 2))))
        (local.set $at (i32.add (local.get $at) (i32.const 24)))
        (br $next)))

    ;; All of them letters, and 16 more from the 24th of the run on. Each half of a byte tells the kinds of characters
    ;; that have it; a letter is of the kind that both halves name. Kinds: 1 for + - /, 2 for digits, 4 for A to O and a
    ;; to o, 8 for P to Z and p to z, 16 for _.
    (local.set $low (v128.const i8x16 10 14 14 14 14 14 14 14 14 14 12 5 4 5 4 21))
    (local.set $high (v128.const i8x16 0 0 1 2 4 24 4 8 0 0 0 0 0 0 0 0))
    (local.set $nibble (i8x16.splat (i32.const 15)))
    (local.set $read (local.get $found))
    (local.set $write (local.get $found))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $read) (local.get $end)))
        (local.set $at (i32.load (local.get $read)))
        ;; One bit for each of the 24 bytes before that is no letter; if there is none, the run was met before.
        (local.set $before
          (i32.or
            (i8x16.bitmask
              (i8x16.eq
                (v128.and
                  (i8x16.swizzle (local.get $low) (v128.and (local.tee $bytes (v128.load (i32.sub (local.get $at) (i32.const 24)))) (local.get $nibble)))
                  (i8x16.swizzle (local.get $high) (i8x16.shr_u (local.get $bytes) (i32.const 4))))
                (local.get $none)))
            (i32.shl
              (i8x16.bitmask
                (i8x16.eq
                  (v128.and
                    (i8x16.swizzle (local.get $low) (v128.and (local.tee $bytes (v128.load (i32.sub (local.get $at) (i32.const 16)))) (local.get $nibble)))
                    (i8x16.swizzle (local.get $high) (i8x16.shr_u (local.get $bytes) (i32.const 4))))
                  (local.get $none)))
              (i32.const 8))))
        (local.set $start
          (select
            (local.get $at)
            (i32.add (i32.sub (local.get $at) (i32.const 24)) (i32.sub (i32.const 32) (i32.clz (local.get $before))))
            (i32.lt_u (local.get $at) (local.get $from))))
        (i32.store (local.get $write) (local.get $start))
        (local.set $write
          (i32.add
            (local.get $write)
            (i32.shl
              (i32.and
                (i32.eqz
                  (i8x16.bitmask
                    (i8x16.eq
                      (v128.and
                        (i8x16.swizzle (local.get $low) (v128.and (local.tee $bytes (v128.load (local.get $at))) (local.get $nibble)))
                        (i8x16.swizzle (local.get $high) (i8x16.shr_u (local.get $bytes) (i32.const 4))))
                      (local.get $none))))
                (i32.or
                  (i32.lt_u (local.get $at) (local.get $from))
                  (i32.and
                    (i32.ne (local.get $before) (i32.const 0))
                    (i32.eqz
                      (i8x16.bitmask
                        (i8x16.eq
                          (v128.and
                            (i8x16.swizzle (local.get $low) (v128.and (local.tee $bytes (v128.load offset=24 (local.get $start))) (local.get $nibble)))
                            (i8x16.swizzle (local.get $high) (i8x16.shr_u (local.get $bytes) (i32.const 4))))
                          (local.get $none)))))))
              (i32.const 2))))
        (local.set $read (i32.add (local.get $read) (i32.const 4)))
        (br $next)))

    ;; A beginning of something packed, or, since 40 letters are known, 60 of them: but for four, for whoever reads this.
    (local.set $end (local.get $write))
    (local.set $read (local.get $found))
    (local.set $write (local.get $found))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $read) (local.get $end)))
        (local.set $start (i32.load (local.get $read)))
        (i32.store (local.get $write) (local.get $start))
        (local.set $write
          (i32.add
            (local.get $write)
            (i32.shl
              (i32.or
                (i32.or
                  (i32.lt_u (local.get $start) (local.get $from))
                  (call $packed (v128.load32_splat (local.get $start))))
                (i32.eqz
                  (i8x16.bitmask
                    (i8x16.eq
                      (v128.and
                        (i8x16.swizzle (local.get $low) (v128.and (local.tee $bytes (v128.load offset=44 (local.get $start))) (local.get $nibble)))
                        (i8x16.swizzle (local.get $high) (i8x16.shr_u (local.get $bytes) (i32.const 4))))
                      (local.get $none)))))
              (i32.const 2))))
        (local.set $read (i32.add (local.get $read) (i32.const 4)))
        (br $next)))

    ;; Of what does not begin like something packed, what has "1c3", the beginning of a tar's mark, where it may be.
    (local.set $end (local.get $write))
    (local.set $read (local.get $found))
    (local.set $write (local.get $found))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $read) (local.get $end)))
        (local.set $start (i32.load (local.get $read)))
        (if (i32.or
              (i32.or
                (i32.lt_u (local.get $start) (local.get $from))
                (call $packed (v128.load32_splat (local.get $start))))
              (call $marked (local.get $start)))
          (then
            (i32.store (local.get $write) (local.get $start))
            (local.set $write (i32.add (local.get $write) (i32.const 4)))))
        (local.set $read (i32.add (local.get $read) (i32.const 4)))
        (br $next)))
    (local.get $write))

  ;; H4sI /Td6 _Td6 KLUv, Qlpo UEsD MDcw N3q8
  (func $packed (param $word v128) (result i32)
    (v128.any_true
      (v128.or
        (i32x4.eq (local.get $word) (v128.const i32x4 0x49733448 0x3664542f 0x3664545f 0x76554c4b))
        (i32x4.eq (local.get $word) (v128.const i32x4 0x6f706c51 0x44734555 0x7763444d 0x3871334e)))))

  ;; Is there a "1c3" from 343 to 423 bytes behind this?
  (func $marked (param $at i32) (result i32)
    (local $last i32)
    (local.set $last (i32.add (local.get $at) (i32.const 80)))
    (loop $next
      (if (v128.any_true
            (v128.and
              (v128.and
                (i8x16.eq (v128.load offset=343 (local.get $at)) (i8x16.splat (i32.const 0x31)))
                (i8x16.eq (v128.load offset=344 (local.get $at)) (i8x16.splat (i32.const 0x63))))
              (i8x16.eq (v128.load offset=345 (local.get $at)) (i8x16.splat (i32.const 0x33)))))
        (then (return (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.le_u (local.get $at) (local.get $last))))
    (i32.const 0)))
