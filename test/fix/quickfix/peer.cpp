// A FIX peer on QuickFIX C++ for interoperation tests.
//   peer acceptor|initiator <settings>
// Reads commands from standard input, a line each: "order ID", "report ID", "logout", "quit". Orders are answered by a report of
// the same id. Writes a line for each event: "ready", "logon", "logout", "got TYPE ID [again]".
#include <quickfix/Application.h>
#include <quickfix/FileStore.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/SocketInitiator.h>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>

namespace {
std::mutex output;
void say(const std::string &line) {
  std::lock_guard<std::mutex> lock(output);
  std::cout << line << std::endl;
}

FIX::SessionID session;

void send(const std::string &type, const std::string &id) {
  FIX::Message message;
  message.getHeader().setField(35, type);
  message.setField(11, id);
  message.setField(55, "IBM");
  message.setField(54, "1");
  if (type == "D") {
    message.setField(21, "1");
    message.setField(38, "100");
    message.setField(40, "1");
    message.setField(60, "20240102-14:30:00");
  } else {
    message.setField(37, "O" + id);
    message.setField(17, "E" + id);
    message.setField(150, "0");
    message.setField(39, "0");
    message.setField(151, "100");
    message.setField(14, "0");
    message.setField(6, "0");
  }
  FIX::Session::sendToTarget(message, session);
}

struct Peer : FIX::Application {
  void onCreate(const FIX::SessionID &id) override { session = id; }
  void onLogon(const FIX::SessionID &) override { say("logon"); }
  void onLogout(const FIX::SessionID &) override { say("logout"); }
  void toAdmin(FIX::Message &, const FIX::SessionID &) override {}
  void toApp(FIX::Message &, const FIX::SessionID &) throw(FIX::DoNotSend) override {}
  void fromAdmin(const FIX::Message &, const FIX::SessionID &)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::RejectLogon) override {}
  void fromApp(const FIX::Message &m, const FIX::SessionID &)
      throw(FIX::FieldNotFound, FIX::IncorrectDataFormat, FIX::IncorrectTagValue, FIX::UnsupportedMessageType) override {
    const std::string type = m.getHeader().getField(35), id = m.getField(11);
    const bool again = m.getHeader().isSetField(43) && m.getHeader().getField(43) == "Y";
    say("got " + type + " " + id + (again ? " again" : ""));
    if (type == "D") send("8", id);
  }
};
}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  try {
    FIX::SessionSettings settings(argv[2]);
    Peer peer;
    FIX::FileStoreFactory store(settings);
    std::unique_ptr<FIX::SocketAcceptor> acceptor;
    std::unique_ptr<FIX::SocketInitiator> initiator;
    if (std::string(argv[1]) == "acceptor") {
      acceptor.reset(new FIX::SocketAcceptor(peer, store, settings));
      acceptor->start();
    } else {
      initiator.reset(new FIX::SocketInitiator(peer, store, settings));
      initiator->start();
    }
    say("ready");
    std::string line;
    while (std::getline(std::cin, line)) {
      std::istringstream words(line);
      std::string command, id;
      words >> command >> id;
      if (command == "order") send("D", id);
      else if (command == "report") send("8", id);
      else if (command == "logout") FIX::Session::lookupSession(session)->logout();
      else if (command == "quit") break;
    }
    if (acceptor) acceptor->stop(true);
    if (initiator) initiator->stop(true);
  } catch (std::exception &error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
