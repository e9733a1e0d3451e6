// A process that allocates on all its threads for as long as it lives: dumps of it catch threads between
// taking memory and filling it, and now and then a garbage collection.
// Compiles with mcs against mscorlib 4.0 and runs on any .NET. usage: Churn THREADS
using System;
using System.Collections.Generic;
using System.Threading;

class Link { public Link Next; public byte[] Payload; public string Text; }
class Finalized { public object Payload = new byte[40]; ~Finalized() { } }

static class Churn {
  static readonly List<Link>[] Kept = new List<Link>[64];
  static long made;

  static void Work(int thread) {
    var kept = Kept[thread] = new List<Link>();
    for (int n = 0; ; n++) {
      var link = new Link { Payload = new byte[n % 200], Text = "churn-" + n };
      if (kept.Count > 0) link.Next = kept[n % kept.Count];
      if (n % 7 == 0) kept.Add(link);
      if (n % 5000 == 0) kept.Add(new Link { Payload = new byte[90000 + n % 9000] });
      if (n % 300 == 0) new Finalized();
      if (kept.Count > 20000) { kept.RemoveRange(0, 10000); foreach (var old in kept) old.Next = null; }
      Interlocked.Increment(ref made);
    }
  }

  static int Main(string[] a) {
    for (int t = 0; t < int.Parse(a[0]); t++) { int id = t; new Thread(() => Work(id)) { IsBackground = true }.Start(); }
    while (Interlocked.Read(ref made) < 200000) Thread.Sleep(10);
    Console.WriteLine("READY " + System.Diagnostics.Process.GetCurrentProcess().Id); Console.Out.Flush();
    Thread.Sleep(Timeout.Infinite);
    return 0;
  }
}
