using System.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Reports.Dump;

/// <summary>Beginnings of lines in ftrace's shape: task, thread and CPU. Kept, because tasks alternate.</summary>
/// <param name="tasks">Names of tasks.</param>
internal sealed class TaskHeads(NameCache tasks)
{
    private const int Places = 1024; // a power of two

    private readonly Entry[] _entries = new Entry[Places];

    /// <summary><c>            name-pid     [000] </c></summary>
    public byte[] Of(in DmaEvent e)
    {
        uint hash = (((uint)e.Pid * 0x9e37_79b9) ^ ((uint)e.Task * 0x85eb_ca6b)) + (uint)e.Cpu;
        ref var entry = ref _entries[(int)((hash ^ (hash >> 16)) & (Places - 1))];
        if (entry.Text is { } text && entry.Task == e.Task && entry.Thread == e.Pid && entry.Cpu == e.Cpu)
            return text;
        byte[] name = e.Task == 0 ? "<...>"u8.ToArray() : tasks[e.Task];
        text = [.. Enumerable.Repeat((byte)' ', Math.Max(0, 16 - name.Length)), .. name, .. Encoding.ASCII.GetBytes($"-{e.Pid,-7} [{e.Cpu:000}] ")];
        entry = new Entry { Task = e.Task, Thread = e.Pid, Cpu = e.Cpu, Text = text };
        return text;
    }

    private struct Entry
    {
        public byte[]? Text;
        public int Task;
        public int Thread;
        public int Cpu;
    }
}
