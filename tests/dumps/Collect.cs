// A process that collects garbage on several threads for as long as it lives while others allocate: most dumps of
// it are taken during a GC. Compiles with mcs against mscorlib 4.0 and runs on any .NET. usage: Collect THREADS
using System;
using System.Collections.Generic;
using System.Threading;

class Link { public Link Next; public Link Other; public byte[] Payload; public string Text; }

static class Collect {
  static readonly List<Link>[] Kept = new List<Link>[64];
  static long made, collected;

  static void Allocate(int thread) {
    var kept = Kept[thread] = new List<Link>();
    var random = new Random(thread);
    for (int n = 0; ; n++) {
      var link = new Link { Payload = new byte[n % 100], Text = "link-" + n };
      if (kept.Count > 0) { link.Next = kept[kept.Count - 1]; link.Other = kept[random.Next(kept.Count)]; }
      if (n % 3 == 0) kept.Add(link);
      if (kept.Count > 150000) {
        // Every second one dies, so that a GC has something to move.
        var left = new List<Link>();
        for (int i = 0; i < kept.Count; i += 2) { kept[i].Next = kept[i].Other = null; left.Add(kept[i]); }
        kept = Kept[thread] = left;
      }
      Interlocked.Increment(ref made);
    }
  }

  static void Run(int generation) {
    for (;;) {
      if (generation == 2) { System.Runtime.GCSettings.LargeObjectHeapCompactionMode = System.Runtime.GCLargeObjectHeapCompactionMode.CompactOnce; GC.Collect(2, GCCollectionMode.Forced, true); }
      else GC.Collect(generation);
      Interlocked.Increment(ref collected);
    }
  }

  static int Main(string[] a) {
    int threads = int.Parse(a[0]);
    for (int t = 0; t < threads; t++) { int id = t; new Thread(() => Allocate(id)) { IsBackground = true }.Start(); }
    while (Interlocked.Read(ref made) < 900000) Thread.Sleep(10);
    foreach (int generation in new[] { 2, 1, 0 }) { int g = generation; new Thread(() => Run(g)) { IsBackground = true }.Start(); }
    while (Interlocked.Read(ref collected) < 5) Thread.Sleep(10);
    Console.WriteLine("READY " + System.Diagnostics.Process.GetCurrentProcess().Id); Console.Out.Flush();
    Thread.Sleep(Timeout.Infinite);
    return 0;
  }
}
