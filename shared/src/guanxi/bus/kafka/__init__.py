"""aiokafka behind the ports, with the settings that our promises need. Only this package knows the client library."""

from guanxi.bus.kafka.contents import KafkaContents
from guanxi.bus.kafka.producer import KafkaProducer
from guanxi.bus.kafka.reader import KafkaReader, inbound_pattern

__all__ = ["KafkaContents", "KafkaProducer", "KafkaReader", "inbound_pattern"]
